"""The cascade's stages: a preparation and a decoder each, in tables ordered by what they cost (scanner.md 4 and 9).

This module loads OpenCV and numpy: `pipeline` imports it when the first look did not read everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from drivers.scanner import preparations, zbar, zxing
from drivers.scanner.codes import Corners, Found
from drivers.scanner.preparations import Gray

if TYPE_CHECKING:
    from drivers.scanner.pipeline import Picture

_MOST_PIXELS = 1920 * 1200  # preparations work on at most so many; the first look had them all
_CUT_MARGIN = 0.35  # of the place's size, on every side: room for the quiet zone
SMALLEST_SIDE = 12  # pixels; a code has at least as many modules
_MOST_RETRIES = 6  # places a picture; more are not codes but texture


@dataclass(frozen=True)
class Stage:
    """One more way to look; `scale` is how much larger its preparation makes the picture."""

    name: str
    prepare: Callable[[Gray], Gray]
    read: Callable[[Gray], list[Found]]
    scale: float = 1.0

    def run(self, gray: Gray) -> list[Found]:
        """What it reads, in the coordinates of `gray`."""
        return [code.moved(scale=self.scale) for code in self.read(self.prepare(gray))]


def _as_it_is(gray: Gray) -> Gray:
    return gray


_inverted = partial(zxing.read, invert=True)
_data_matrix = partial(zxing.read, formats=zxing.DATA_MATRIX)
_strangers = partial(zxing.read, formats=zxing.STRANGERS)

EQUALISED = Stage("zxing CLAHE x2", preparations.equalised_and_doubled, zxing.read, 2)
THRESHOLDED = Stage("zbar adaptive", preparations.thresholded, zbar.read)
SMOOTHED = Stage("zxing gauss+unsharp", preparations.smoothed_and_sharpened, zxing.read)
EVENED = Stage("zxing local contrast x2", preparations.evened_and_doubled, zxing.read, 2)
SHARPENED = Stage("zxing x2 unsharp", preparations.doubled_and_sharpened, zxing.read, 2)
INVERTED = Stage("zxing inverted", _as_it_is, _inverted)
ZBAR_SMOOTHED = Stage("zbar gauss", preparations.smoothed, zbar.read)
DATA_MATRIX = Stage("zxing Data Matrix", _as_it_is, _data_matrix)
DATA_MATRIX_DOUBLED = Stage("zxing Data Matrix x2", preparations.doubled, _data_matrix, 2)

# For a place that looked like a code and could not be read.
RETRIES = (EQUALISED, THRESHOLDED, SHARPENED, SMOOTHED, EVENED)

# For a still picture in which nothing was read.
STILL = (
    Stage("zxing", _as_it_is, zxing.read),  # on the reduced picture: large photographs only gain by it
    EQUALISED,
    THRESHOLDED,
    SMOOTHED,
    EVENED,
    INVERTED,
    DATA_MATRIX,
    Stage("zbar half", preparations.halved, zbar.read, 0.5),
    ZBAR_SMOOTHED,
    SHARPENED,
    DATA_MATRIX_DOUBLED,
    Stage("zxing CLAHE x2 inverted", preparations.equalised_and_doubled, _inverted, 2),
)

# For a picture in which something was read and more may be in view.
GATHERING = (THRESHOLDED, SHARPENED)

# For a still picture in which neither a QR code nor a Data Matrix was found.
STRANGERS = (Stage("zxing other kinds", _as_it_is, _strangers),)


def gray_of(picture: "Picture") -> Gray:
    """The picture as a grey array."""
    return preparations.as_gray(np.asarray(picture, dtype=np.uint8))


def retry(gray: Gray, places: list[Corners]) -> list[Found]:
    """Look again, harder, at each place that looked like a code."""
    return [code for place in places[:_MOST_RETRIES] for code in _retry(gray, place)]


def _retry(gray: Gray, place: Corners) -> list[Found]:
    left, top, right, bottom = cut(place, gray)
    part, scale = preparations.reduced(gray[top:bottom, left:right], pixels=_MOST_PIXELS / 4)
    if min(part.shape) < SMALLEST_SIDE:
        return []
    for stage in RETRIES:
        found = stage.run(part)
        if found:
            return [code.moved(scale=scale, left=left, top=top) for code in found]
    return []


def cut(place: Corners, gray: Gray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of the place with room around it."""
    xs, ys = [x for x, _ in place], [y for _, y in place]
    margin = _CUT_MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))
    height, width = gray.shape
    return (
        int(max(0, min(xs) - margin)),
        int(max(0, min(ys) - margin)),
        int(min(width, max(xs) + margin + 1)),
        int(min(height, max(ys) + margin + 1)),
    )


def first_hit(gray: Gray, table: Sequence[Stage]) -> list[Found]:
    """What the first stage that reads anything reads in the whole picture, reduced first when it is very large."""
    part, scale = preparations.reduced(gray, pixels=_MOST_PIXELS)
    for stage in table:
        found = stage.run(part)
        if found:
            return [code.moved(scale=scale) for code in found]
    return []


def all_hits(gray: Gray, table: Sequence[Stage]) -> list[Found]:
    """What all stages together read in the whole picture."""
    return [code for stage in table for code in first_hit(gray, [stage])]
