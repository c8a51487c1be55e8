"""A picture in, the codes in it out. No device, no file, no clock.

The cheapest decoder looks first; what it cannot read is prepared and looked at again, one stage after another in the
order of their cost (scanner.md 4 and 9), so that a plain picture loads neither OpenCV nor zbar.
"""

from typing import TYPE_CHECKING, Union

from drivers.scanner import zxing
from drivers.scanner.codes import Found, nearest_first

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Picture = Union["NDArray[np.uint8]", "Image"]
"""uint8 array, (height, width) grey or (height, width, 3) BGR, or a Pillow picture in mode L."""


def decode(picture: Picture) -> list[Found]:
    """All different codes in one still picture, the one nearest to its middle first; empty when there is none.

    What the first look read is enough unless a place looks like a code and was not read: then it looks harder, so that
    of an instalment sheet none is left out. Codes of other kinds are named only when nothing else was found.
    """
    picture = _grey(picture)
    found = _look(picture)
    width, height = _size(picture)
    return nearest_first(found, width=width, height=height)


def _look(picture: Picture) -> list[Found]:
    first = zxing.look(picture)
    if first.found and not first.unread:
        return first.found
    second = [] if first.unread else zxing.read(picture, formats=zxing.NOTICES, invert=True)
    return second or _look_harder(picture, first)


def _look_harder(picture: Picture, first: zxing.Look) -> list[Found]:
    from drivers.scanner import stages  # noqa: PLC0415 - OpenCV: 0.2 s that a plain picture need not wait for

    gray = stages.gray_of(picture)
    found = first.found + stages.retry(gray, first.unread)
    found = found or stages.first_hit(gray, stages.STILL)
    if found:
        return found + stages.all_hits(gray, stages.GATHERING)
    return stages.first_hit(gray, stages.STRANGERS)


def _grey(picture: Picture) -> Picture:
    if getattr(picture, "ndim", 2) == 2:
        return picture
    from drivers.scanner import stages  # noqa: PLC0415 - whoever made a colour array has loaded OpenCV already

    return stages.gray_of(picture)


def _size(picture: Picture) -> tuple[int, int]:
    shape = getattr(picture, "shape", None)
    return (shape[1], shape[0]) if shape else picture.size  # type: ignore[return-value]  # an array has a shape
