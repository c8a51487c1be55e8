"""Any file that may show a code, picture or video: read, timed, and never an exception."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.contracts import ScannedCode
from drivers.errors import DeviceError

_PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".avif"}
)
_VIDEOS = frozenset({".avi", ".mkv", ".mp4", ".mov", ".webm", ".m4v", ".mjpg", ".mjpeg"})


@dataclass(frozen=True)
class Reading:
    """What a file showed, or in one sentence why it could not be read; `seconds` it took."""

    codes: tuple[ScannedCode, ...] = ()
    problem: str | None = None
    seconds: float = 0.0


def read_file(
    path: Path, *, beat: Callable[[], None] = lambda: None, monotonic: Callable[[], float] = time.perf_counter
) -> Reading:
    """All different codes in a picture or a video; `beat` is called while a video is read."""
    start = monotonic()
    try:
        codes = read_codes(path, beat=beat)
    except DeviceError as error:
        return Reading(problem=str(error), seconds=monotonic() - start)
    return Reading(codes=tuple(codes), seconds=monotonic() - start)


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, and of folders every picture and video in them, by name, folders within them too."""
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if child.suffix.lower() in _PICTURES | _VIDEOS)
        else:
            yield path


def read_codes(path: Path, *, beat: Callable[[], None]) -> list[ScannedCode]:
    """All different codes in a picture, nearest to its middle first, or in a video, in the order they came into view.

    `beat` is called while a video is read. Raises DeviceAbsent when the file cannot be opened, DeviceRefused when it
    is no picture or video, damaged or too large.
    """
    if path.suffix.lower() in _VIDEOS:
        from drivers.scanner import videos  # noqa: PLC0415 - OpenCV, which a picture can do without

        return [code.scanned() for code in videos.read(path, beat)]
    from drivers.scanner import pictures, pipeline  # noqa: PLC0415 - decoders load when there is a picture to read

    return [code.scanned() for code in pipeline.decode(pictures.load(path))]
