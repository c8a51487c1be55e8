"""What the screen shows of the camera: small pictures with the code's outline, the newest only."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.scanner.codes import Corners, Found
    from drivers.scanner.preparations import Gray

WIDTH = 480  # pixels
_QUALITY = 60


@dataclass(frozen=True)
class PreviewFrame:
    """A JPEG, the outline of the code nearest to the aim in fractions of width and height (empty: none), a number.

    The number grows with every frame: who has shown it already need not fetch it again.
    """

    jpeg: bytes
    outline: "Corners"
    number: int


class Preview:
    """The newest small picture, and what to tell whoever holds the notice; nobody waits for anybody here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: PreviewFrame | None = None
        self._hint: str | None = None

    @property
    def hint(self) -> str | None:
        """One sentence on how to hold the notice; None while there is nothing to say. Any thread may ask."""
        return self._hint

    def latest(self) -> PreviewFrame | None:
        """The newest frame; None while there is no camera, or nothing comes from it. Any thread may ask."""
        with self._lock:
            return self._frame

    def show(self, frame: PreviewFrame | None) -> None:
        """Replace it."""
        with self._lock:
            self._frame = frame

    def advise(self, hint: str | None) -> None:
        """Replace the sentence."""
        self._hint = hint


def small(gray: "Gray", found: "Sequence[Found]", number: int) -> PreviewFrame:
    """A preview of a grey frame, (height, width) uint8, with the codes found in it, nearest to the aim first."""
    import cv2  # noqa: PLC0415 - only the process that sees frames needs it

    height, width = gray.shape
    size = (min(WIDTH, width), max(1, round(height * min(1.0, WIDTH / width))))
    reduced = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", reduced, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    outline = tuple((x / width, y / height) for x, y in found[0].corners) if found else ()
    return PreviewFrame(jpeg.tobytes(), outline, number)
