"""A scanner over picture files and folders of them: each picture is shown once, in the order given."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.contracts import ScannedCode, Tick
from drivers.scanner.files import files_in, read_codes

_LONGEST_NAP = 0.5  # seconds between two ticks while there is nothing left to show


@dataclass(frozen=True)
class ImagesOptions:
    """Picture files and folders of them, in the order in which they are held up."""

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
        self._named = [Path(name) for name in options.files]
        self._waiting: deque[Path] = deque()
        self._monotonic = monotonic
        self._sleep = sleep

    def scan(self, *, timeout: float, tick: Tick) -> Sequence[ScannedCode]:
        """The codes of the next picture that shows any, nearest to its middle first; empty when the last showed none.

        With no picture left it waits `timeout` seconds, as a scanner does that nobody holds anything up to. Raises
        DeviceAbsent when the file cannot be opened, DeviceRefused when it is no picture, damaged or too large: that
        picture is left behind.
        """
        self._waiting.extend(files_in(self._named))
        self._named = []
        if not self._waiting:
            self._wait(timeout, tick)
        while self._waiting:
            tick()
            codes = read_codes(self._waiting.popleft(), beat=tick)
            if codes:
                return codes
        return ()

    def _wait(self, timeout: float, tick: Tick) -> None:
        end = self._monotonic() + timeout
        while (left := end - self._monotonic()) > 0:
            tick()
            self._sleep(min(left, _LONGEST_NAP))
