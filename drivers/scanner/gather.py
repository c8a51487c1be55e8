"""Which codes are handed over, and when: not the first that is read, but all that are held up. Performs no I/O.

An instalment sheet shows three or four codes, and the first one read is as often as not another than the one meant
(scanner.md 2). So whatever is read within a short window is gathered and handed over together, nearest to the aim
first. A code that is alone is handed over after the window only when it stands at the aim and nothing else in view
looks like a code; otherwise a little longer is waited for the one that was meant.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot

from drivers.contracts import ScannedCode
from drivers.scanner.codes import Corners, Found, middle

WINDOW = 0.15  # seconds: five frames, in which a sheet's other codes are read too
PATIENCE = 0.6  # seconds for a lone code that is not at the aim, or not alone
DEAD_TIME = 1.5  # seconds for which a code that was handed over must be out of sight to count anew
_STALE = 1.0  # seconds after which a code that nobody asked for is forgotten
_UNSEEN = 0.1  # seconds: a code not seen for so long has been passing by
_AIM = 1.2  # times a code's own side: half way to its neighbour, codes of a sheet stand 2.4 sides apart

Key = tuple[str, str]


@dataclass(frozen=True)
class View:
    """What one frame showed: the codes read, the places that look like codes and were not read, the frame's size."""

    found: Sequence[Found] = ()
    unread: Sequence[Corners] = ()
    width: int = 0
    height: int = 0


@dataclass
class _Held:
    """A code that is held up: first and last seen, and how far from the aim, in pixels and in its own sides."""

    code: ScannedCode
    first: float
    last: float
    pixels: float = 0.0
    sides: float = 0.0


def nothing(_: ScannedCode) -> bool:
    """Ignore no code."""
    return False


class Gatherer:
    """Turns views, one a frame, into what was held up.

    `ignored` says which codes are not wanted now: those of the notice that is being paid. `window` and `patience` in
    seconds; a hand scanner, which reads what it is pointed at, has neither.
    """

    def __init__(
        self,
        *,
        window: float = WINDOW,
        patience: float = PATIENCE,
        dead_time: float = DEAD_TIME,
        ignored: Callable[[ScannedCode], bool] = nothing,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ignored = ignored
        self._window = window
        self._patience = max(patience, window)
        self._dead_time = dead_time
        self._monotonic = monotonic
        self._held: dict[Key, _Held] = {}
        self._quiet: dict[Key, float] = {}
        self._other_seen = -_STALE

    def see(self, view: View) -> None:
        """What the newest frame showed."""
        now = self._monotonic()
        self._quiet = {key: last for key, last in self._quiet.items() if now - last < self._dead_time}
        for found in view.found:
            self._see(found.scanned(), found.corners, view, now)
        if any(_is_elsewhere(place, view.found) for place in view.unread):
            self._other_seen = now

    @property
    def is_gathering(self) -> bool:
        """Whether something is held up that was not taken yet."""
        return bool(self._held)

    def take(self) -> tuple[ScannedCode, ...]:
        """What was held up, nearest to the aim first; empty as long as more may come. What was taken falls silent."""
        now = self._monotonic()
        self._held = {key: held for key, held in self._held.items() if now - held.last < _STALE}
        if not self._is_complete(now):
            return ()
        taken = sorted(self._held.values(), key=lambda held: held.pixels)
        self._quiet |= {key: held.last for key, held in self._held.items()}
        self._held = {}
        return tuple(held.code for held in taken)

    def _see(self, code: ScannedCode, corners: Corners, view: View, now: float) -> None:
        key = (code.text, code.symbology)
        if key in self._quiet:
            self._quiet[key] = now
        elif not self.ignored(code):
            held = self._held.setdefault(key, _Held(code, first=now, last=now))
            held.last = now
            held.pixels, held.sides = _from_aim(corners, view)

    def _is_complete(self, now: float) -> bool:
        if not self._held:
            return False
        waited = now - min(held.first for held in self._held.values())
        if waited >= self._patience:
            return True
        return waited >= self._window and (len(self._held) > 1 or self._is_certain(now))

    def _is_certain(self, now: float) -> bool:
        """Whether the one code held up is the one meant."""
        (held,) = self._held.values()
        return held.sides <= _AIM and now - held.last <= _UNSEEN and now - self._other_seen > self._window


def _from_aim(corners: Corners, view: View) -> tuple[float, float]:
    """How far a code stands from the middle of the frame, in pixels and in its own sides; 0 where no place is known."""
    if not corners:
        return 0.0, 0.0
    x, y = middle(corners)
    pixels = hypot(x - view.width / 2, y - view.height / 2)
    return pixels, pixels / max(_side(corners), 1.0)


def _is_elsewhere(place: Corners, found: Sequence[Found]) -> bool:
    x, y = middle(place)
    return all(hypot(x - code.centre[0], y - code.centre[1]) > _side(code.corners) / 2 for code in found)


def _side(corners: Corners) -> float:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return max(max(xs) - min(xs), max(ys) - min(ys))
