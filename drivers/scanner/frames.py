"""Reading a stream of frames: a bounded step a frame, the hard work spread over the frames that follow.

Every frame gets the cheapest look at once. What is left of the budget goes to the places where a code was, or looks
to be, then to one stage after another on one part of the frame after another (scanner.md 8 and 9): running a slow
decoder on every frame reads later, not sooner, because it drops frames.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle

import numpy as np

from drivers.scanner import stages, zxing
from drivers.scanner.codes import Corners, Found, nearest_first
from drivers.scanner.pipeline import Picture
from drivers.scanner.preparations import Gray, averaged, reduced
from drivers.scanner.stages import Stage

BUDGET = 0.025  # seconds a frame; at 30 frames a second the screen keeps the rest
_TILE_PIXELS = 0.5e6
_PLACE_LIFE = 15  # frames for which the place of the last code is looked at again
_PLACE_PIXELS = 0.3e6
_FIRST_GUESS = 30e-9  # seconds a pixel that a stage is taken to cost before it has run
_CAUTION = 1.25  # a stage must fit with this much to spare: costs vary from frame to frame
_DIM = 128  # of 255; dim is a frame of which all but the brightest hundredth lies below it
_SPARSE = 16  # every sixteenth pixel of every sixteenth row is enough to tell

_RING = (
    stages.EQUALISED,
    stages.THRESHOLDED,
    stages.SMOOTHED,
    stages.EVENED,
    stages.ZBAR_SMOOTHED,
    stages.INVERTED,
    stages.SHARPENED,
    stages.DATA_MATRIX,
)


@dataclass(frozen=True)
class _Tile:
    """A part of the frame by fractions: its left and top edge and its size; `whole` is reduced instead of cut."""

    left: float
    top: float
    whole: bool = False


# Seven against eight stages: every stage meets every tile in turn. The middle comes twice, codes are held there.
_MIDDLE = _Tile(0.5, 0.5)
_WHOLE = _Tile(0, 0, whole=True)
_TILES = (_MIDDLE, _WHOLE, _MIDDLE, _Tile(0, 0), _Tile(1, 0), _Tile(0, 1), _Tile(1, 1))


class _Budget:
    """Time left in this frame, and what each stage has cost so far (seconds a pixel, running mean)."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = 0.0
        self._costs: dict[str, float] = {}

    def start(self) -> None:
        self._end = self._clock() + self._seconds

    def allows(self, stage: Stage, pixels: int) -> bool:
        """Whether the stage fits in what is left; a stage passed over becomes a little cheaper, so it comes again."""
        cost = self._costs.get(stage.name, _FIRST_GUESS)
        if cost * pixels * _CAUTION <= self._end - self._clock():
            return True
        self._costs[stage.name] = 0.97 * cost
        return False

    def run(self, stage: Stage, gray: Gray) -> list[Found]:
        """Run it and learn from what it cost."""
        before = self._clock()
        found = stage.run(gray)
        cost = (self._clock() - before) / gray.size
        self._costs[stage.name] = 0.7 * self._costs.get(stage.name, cost) + 0.3 * cost
        return found

    @property
    def is_spent(self) -> bool:
        return self._clock() >= self._end


class FrameReader:
    """Reads the frames of one camera. `budget` in seconds a frame; `clock` counts seconds."""

    def __init__(self, *, budget: float = BUDGET, clock: Callable[[], float] = time.perf_counter) -> None:
        self._budget = _Budget(budget, clock)
        self._steps = count()
        self._retries = cycle(stages.RETRIES)
        self._place: Corners = ()
        self._place_age = 0

    def read(self, frame: Picture) -> list[Found]:
        """All different codes seen in this frame within the budget, nearest to its middle first."""
        return self.look(frame).found

    def look(self, frame: Picture) -> zxing.Look:
        """As `read`, with the places that look like a code and were not read.

        The first frame that shows a code is answered at once; in the frames after it what is left of the budget goes
        to others beside it, so that of an instalment sheet none is left out.
        """
        self._budget.start()
        gray = stages.gray_of(frame)
        first = first_look(gray)
        attempts = self._attempts(gray, self._places(first))
        found = first.found or self._first_of(attempts)
        if first.found and self._is_seen:
            found = first.found + [code for found in attempts for code in found]
        self._remember(found)
        height, width = gray.shape
        return zxing.Look(nearest_first(found, width=width, height=height), first.unread)

    def _attempts(self, gray: Gray, places: list[Corners]) -> Iterator[list[Found]]:
        for place in places:
            yield from self._at_place(gray, place)
        for _ in _RING:
            if self._budget.is_spent:
                return
            yield self._on_tile(gray, next(self._steps))

    def _first_of(self, attempts: Iterator[list[Found]]) -> list[Found]:
        return next((found for found in attempts if found), [])

    def _places(self, first: zxing.Look) -> list[Corners]:
        """Where to look harder: at most two places that look like a code, else where the last one was."""
        last = [self._place] if self._is_seen and not first.found else []
        return (first.unread[:2] + last)[:2]

    def _at_place(self, gray: Gray, place: Corners) -> Iterator[list[Found]]:
        left, top, right, bottom = stages.cut(place, gray)
        part, scale = reduced(gray[top:bottom, left:right], pixels=_PLACE_PIXELS)
        for _ in range(2):
            stage = next(self._retries)
            if min(part.shape) >= stages.SMALLEST_SIDE and self._budget.allows(stage, part.size):
                yield [code.moved(scale=scale, left=left, top=top) for code in self._budget.run(stage, part)]

    def _on_tile(self, gray: Gray, step: int) -> list[Found]:
        stage, tile = _RING[step % len(_RING)], _TILES[step % len(_TILES)]
        part, scale, left, top = _cut_tile(gray, tile)
        if not self._budget.allows(stage, part.size):
            return []
        return [code.moved(scale=scale, left=left, top=top) for code in self._budget.run(stage, part)]

    @property
    def _is_seen(self) -> bool:
        """Whether a code was read in one of the last frames."""
        return bool(self._place) and self._place_age < _PLACE_LIFE

    def _remember(self, found: list[Found]) -> None:
        if found:
            self._place, self._place_age = found[0].corners, 0
        else:
            self._place_age += 1


def first_look(gray: Gray) -> zxing.Look:
    """The cheapest look, which every frame gets. Where all is dim, the sensor's noise is smoothed away first.

    Of such frames nothing is read otherwise, and zxing-cpp takes three times as long to find that out.
    """
    sample = gray[::_SPARSE, ::_SPARSE]
    if np.count_nonzero(sample >= _DIM) * 100 >= sample.size:
        return zxing.look(gray)
    return zxing.look(averaged(gray), downscale=False)


def _cut_tile(gray: Gray, tile: _Tile) -> tuple[Gray, float, int, int]:
    """The part, the scale it was reduced by, and where its left top corner stands in the frame."""
    if tile.whole:
        return (*reduced(gray, pixels=_TILE_PIXELS), 0, 0)
    height, width = gray.shape
    share = min(1.0, (_TILE_PIXELS / gray.size) ** 0.5)
    part_height, part_width = int(height * share), int(width * share)
    top, left = int((height - part_height) * tile.top), int((width - part_width) * tile.left)
    return gray[top : top + part_height, left : left + part_width], 1.0, left, top
