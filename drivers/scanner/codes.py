"""What a look at a picture yields: codes with their bytes and their place, told apart and put in order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import hypot

from drivers.contracts import ScannedCode, Symbology

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Found:
    """One code: its bytes exactly as encoded, its kind by our name and by its own, its corners in pixels (x, y)."""

    data: bytes
    symbology: Symbology
    name: str
    corners: Corners

    @property
    def centre(self) -> tuple[float, float]:
        """The mean of the corners."""
        count = len(self.corners)
        return sum(x for x, _ in self.corners) / count, sum(y for _, y in self.corners) / count

    def moved(self, *, scale: float = 1.0, left: float = 0.0, top: float = 0.0) -> "Found":
        """The same code where it stands in the picture that was scaled by `scale` after being cut at (left, top)."""
        return replace(self, corners=tuple((x / scale + left, y / scale + top) for x, y in self.corners))

    def scanned(self) -> ScannedCode:
        r"""As the terminal gets it: UTF-8 text, bytes that are not UTF-8 as `\xNN`."""
        return ScannedCode(text=self.data.decode("utf-8", "backslashreplace"), symbology=self.symbology)


def nearest_first(found: Iterable[Found], *, width: int, height: int) -> list[Found]:
    """All different codes, the one nearest to the middle of a `width` by `height` picture first.

    The same bytes twice in a picture are one code, at the place nearest to the middle.
    """

    def distance(code: Found) -> float:
        x, y = code.centre
        return hypot(x - width / 2, y - height / 2)

    return distinct(sorted(found, key=distance))


def distinct(found: Iterable[Found]) -> list[Found]:
    """The first of each, by kind and bytes."""
    first: dict[tuple[Symbology, bytes], Found] = {}
    for code in found:
        first.setdefault((code.symbology, code.data), code)
    return list(first.values())
