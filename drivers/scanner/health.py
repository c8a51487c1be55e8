"""Whether a camera's frames show anything: black, frozen or missing ones are told in words. Pure."""

from dataclasses import dataclass

import numpy as np

from drivers.scanner.devices import OTHERWISE
from drivers.scanner.preparations import Gray

BLACK = f"La telecamera vede nero: togliere il coperchio o accendere la luce; {OTHERWISE}"
FROZEN = f"La telecamera mostra sempre la stessa immagine: staccare e riattaccare il cavo; {OTHERWISE}"

_PATIENCE = 1.0  # seconds for which it must last: an exposure that settles is dark too
_BLACK = 32  # of 255; below it lies all but the brightest hundredth of a frame with the lid on
_STEP = 8  # every eighth pixel of every eighth row is enough to tell


@dataclass
class _Since:
    """When something began that has lasted since."""

    start: float | None = None

    def lasts(self, now: float, *, holds: bool) -> bool:
        self.start = None if not holds else now if self.start is None else self.start
        return self.start is not None and now - self.start >= _PATIENCE


class Health:
    """Looks at every frame of a live camera. A real sensor never gives the same frame twice: its noise differs."""

    def __init__(self) -> None:
        self._black, self._same = _Since(), _Since()
        self._before: bytes = b""

    def is_repeated(self, gray: Gray) -> bool:
        """Whether this frame is the one before it, to the last bit looked at."""
        sample = gray[::_STEP, ::_STEP].tobytes()
        repeated, self._before = sample == self._before, sample
        return repeated

    def judge(self, gray: Gray, now: float) -> str | None:
        """The sentence for what is wrong since a second, None while nothing is. `now` in seconds."""
        same = self._same.lasts(now, holds=self.is_repeated(gray))
        black = self._black.lasts(now, holds=bool(np.percentile(gray[::_STEP, ::_STEP], 99) < _BLACK))
        return BLACK if black else FROZEN if same else None
