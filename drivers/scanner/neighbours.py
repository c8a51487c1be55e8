"""Places that look like a code and could not be read: which of them are another code than those read. No I/O.

Decoders report such places freely: half of a code, two codes taken for one, a logo. Codes of one sheet are printed in
one size, 25 mm, and stand at least two sides apart, so another code is as large as the one read and well away from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from drivers.scanner.codes import Corners, middle

MEMORY = 0.6  # seconds for which a place that was seen counts
SAME_SIZE = (0.6, 1.7)  # times the side of the code read: perspective, and corners guessed from two finders
ANY_SIZE = (0.3, 3.0)
_APART = 1.2  # sides: nearer than that it is the code itself, moved or half seen
_SAME = 0.5  # sides within which two sightings are of one place


@dataclass
class _Place:
    """Where it was last seen, when, and how often."""

    corners: Corners
    last: float
    times: int = 1


class Neighbours:
    """Remembers unread places for a short while. `now` in seconds."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def see(self, unread: Iterable[Corners], now: float) -> None:
        """The unread places of one frame; several at one spot are one sighting."""
        self._places = [place for place in self._places if now - place.last < MEMORY]
        for corners in unread:
            self._see(corners, now)

    def beside(
        self, read: Sequence[Corners], *, times: int = 1, sizes: tuple[float, float] = SAME_SIZE
    ) -> list[Corners]:
        """The places that are another code than every one `read`, seen in at least so many frames; `sizes` in sides."""
        seen = (place.corners for place in self._places if place.times >= times)
        return [place for place in seen if read and all(_is_another(place, code, sizes) for code in read)]

    def _see(self, corners: Corners, now: float) -> None:
        for place in self._places:
            if distance(place.corners, corners) <= _SAME * side(place.corners):
                place.times += place.last < now
                place.corners, place.last = corners, now
                return
        self._places.append(_Place(corners, now))


def side(corners: Corners) -> float:
    """The longer side of the upright box around it, in pixels."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def distance(one: Corners, other: Corners) -> float:
    """Between the middles of two places, in pixels."""
    (x, y), (to_x, to_y) = middle(one), middle(other)
    return hypot(to_x - x, to_y - y)


def _is_another(place: Corners, code: Corners, sizes: tuple[float, float]) -> bool:
    length = side(code)
    return sizes[0] * length <= side(place) <= sizes[1] * length and distance(place, code) > _APART * length
