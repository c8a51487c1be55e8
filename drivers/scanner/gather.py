"""Which codes are handed over, and when: not the first that is read, but all that are held up. Performs no I/O.

An instalment sheet shows three or four codes, and the first one read is as often as not another than the one meant
(scanner.md 2). So whatever is read within a short window is gathered and handed over together, nearest to the aim
first. A code that is alone is handed over after the window only when it stands at the aim and nothing else in view
looks like a code; otherwise a little longer is waited for the one that was meant. Where another code stays unread and
may be the one meant, the lone one is not handed over at all: that is asked for (`doubt`).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot

from drivers.contracts import ScannedCode
from drivers.scanner.codes import Corners, Found, middle
from drivers.scanner.neighbours import ANY_SIZE, SAME_SIZE, Neighbours, side

WINDOW = 0.15  # seconds: five frames, in which a sheet's other codes are read too
PATIENCE = 0.6  # seconds for a lone code that is not at the aim, or not alone
DEAD_TIME = 1.5  # seconds for which a code that was handed over must be out of sight to count anew
_STALE = 1.0  # seconds after which a code that nobody asked for is forgotten
_PLACE_LIFE = 0.4  # seconds for which an unread finding where a code was is taken for that code
_UNSEEN = 0.1  # seconds: a code not seen for so long has been passing by
_AIM = 1.2  # times a code's own side: half way to its neighbour, codes of a sheet stand 2.4 sides apart
_AIM_BOX = 0.22  # of the frame's height: a sheet held steeply shows near codes larger than the one aimed at
_SURELY = 2  # frames in which a place must have looked like a code to keep another one back

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
    """A code that is held up: first and last seen, how far from the aim in pixels, and whether that is at the aim."""

    code: ScannedCode
    first: float
    last: float
    pixels: float = 0.0
    is_at_aim: bool = True


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
        self._places: dict[Key, tuple[Corners, float]] = {}
        self._neighbours = Neighbours()
        self._doubted: Key | None = None
        self._lacking = False
        self._aim = (0.0, 0.0)

    def see(self, view: View) -> None:
        """What the newest frame showed."""
        now = self._monotonic()
        self._aim = (view.width / 2, view.height / 2)
        self._quiet = {key: last for key, last in self._quiet.items() if now - last < self._dead_time}
        self._places = {
            key: place for key, place in self._places.items() if key in self._held or now - place[1] < _PLACE_LIFE
        }
        self._neighbours.see(view.unread, now)
        for found in view.found:
            self._see(found.scanned(), found.corners, now)

    @property
    def is_gathering(self) -> bool:
        """Whether something is held up that was not taken yet."""
        return bool(self._held)

    @property
    def is_in_doubt(self) -> bool:
        """Whether a lone code is kept back, or several were handed over, while the one meant may not have been read."""
        return bool(self._doubted) or self._lacking

    def take(self) -> tuple[ScannedCode, ...]:
        """What was held up, nearest to the aim first; empty as long as more may come. What was taken falls silent."""
        now = self._monotonic()
        self._held = {key: held for key, held in self._held.items() if now - held.last < _STALE}
        if not self._is_complete(now):
            return ()
        taken = sorted(self._held.values(), key=lambda held: held.pixels)
        self._lacking = len(taken) > 1 and (self._is_meant_unread() or not self._is_aimed)
        self._quiet |= {key: held.last for key, held in self._held.items()}
        self._held = {}
        return tuple(held.code for held in taken)

    def _see(self, code: ScannedCode, corners: Corners, now: float) -> None:
        key = (code.text, code.symbology)
        self._places[key] = corners, now
        if key in self._quiet:
            self._quiet[key] = now
        elif not self.ignored(code):
            self._lacking = False
            held = self._held.setdefault(key, _Held(code, first=now, last=now))
            held.last, held.pixels = now, self._from_aim(corners)
            held.is_at_aim = held.pixels <= self._reach(corners)

    def _is_complete(self, now: float) -> bool:
        if len(self._held) != 1:
            self._doubted = None
        if not self._held:
            return False
        waited = now - min(held.first for held in self._held.values())
        if len(self._held) > 1:
            return waited >= (self._patience if self._is_meant_unread() else self._window)
        ((key, held),) = self._held.items()
        if waited < self._patience:
            return waited >= self._window and self._is_certain(held, now)
        is_doubtful = self._is_meant_unread() or (self._doubted == key and not held.is_at_aim)
        self._doubted = key if is_doubtful else None
        return not is_doubtful

    def _is_certain(self, held: _Held, now: float) -> bool:
        """Whether the one code held up is the one meant."""
        return held.is_at_aim and now - held.last <= _UNSEEN and not self._unread()

    def _is_meant_unread(self) -> bool:
        """Whether a code that could not be read may be the one meant: nearer to the aim, or none read is at the aim."""
        nearest = min(held.pixels for held in self._held.values())
        if not self._is_aimed:  # then whatever looks like a code may be the one, also the steeply seen and the half one
            return bool(self._unread(times=_SURELY, sizes=ANY_SIZE))
        return any(self._from_aim(place) < nearest for place in self._unread(times=_SURELY))

    @property
    def _is_aimed(self) -> bool:
        return any(held.is_at_aim for held in self._held.values())

    def _unread(self, *, times: int = 1, sizes: tuple[float, float] = SAME_SIZE) -> list[Corners]:
        codes = [corners for corners, _ in self._places.values() if corners]
        return self._neighbours.beside(codes, times=times, sizes=sizes)

    def _reach(self, corners: Corners) -> float:
        """How far from the middle of the frame this code may be to stand at the aim, in pixels."""
        length = side(corners) if corners else 0.0
        return max(length / 2, min(_AIM * length, _AIM_BOX * 2 * self._aim[1]))

    def _from_aim(self, corners: Corners) -> float:
        """How far a place is from the middle of the frame, in pixels; 0 where no place is known."""
        if not corners:
            return 0.0
        x, y = middle(corners)
        return hypot(x - self._aim[0], y - self._aim[1])
