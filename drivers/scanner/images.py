"""A scanner over picture files: each picture is shown once, in the order given."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.contracts import ScannedCode, Tick

_LONGEST_NAP = 0.5  # seconds between two ticks while there is nothing left to show


@dataclass(frozen=True)
class ImagesOptions:
    """The picture files, in the order in which they are held up."""

    files: tuple[str, ...] = ()


class ImagesScanner:
    """NoticeScanner over picture files."""

    def __init__(
        self,
        options: ImagesOptions,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._waiting = deque(Path(name) for name in options.files)
        self._monotonic = monotonic
        self._sleep = sleep

    def scan(self, *, timeout: float, tick: Tick) -> Sequence[ScannedCode]:
        """The codes of the next picture that shows any, nearest to its middle first; empty when the last showed none.

        With no picture left it waits `timeout` seconds, as a scanner does that nobody holds anything up to. Raises
        DeviceAbsent when the file cannot be opened, DeviceRefused when it is no picture, damaged or too large: that
        picture is left behind.
        """
        if not self._waiting:
            self._wait(timeout, tick)
        while self._waiting:
            tick()
            codes = read_picture(self._waiting.popleft())
            if codes:
                return codes
        return ()

    def _wait(self, timeout: float, tick: Tick) -> None:
        end = self._monotonic() + timeout
        while (left := end - self._monotonic()) > 0:
            tick()
            self._sleep(min(left, _LONGEST_NAP))


def read_picture(path: Path) -> list[ScannedCode]:
    """All different codes in a picture file, nearest to its middle first. Raises DeviceAbsent and DeviceRefused."""
    from drivers.scanner import pictures, pipeline  # noqa: PLC0415 - decoders load when there is a picture to read

    return [code.scanned() for code in pipeline.decode(pictures.load(path))]
