"""What a look at a picture yields: codes with their bytes and their place, told apart and put in order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import hypot

from drivers.contracts import ScannedCode, Symbology

Corners = tuple[tuple[float, float], ...]

# Of a Data Matrix the payee's fields are kept and nothing beyond (money rule 10): after them comes the debtor.
KEPT_OF_DATA_MATRIX = 77
_DATA_MATRIX_BEGINS = b"codfase="  # as a hand scanner that names no kinds hands it over


def middle(corners: Corners) -> tuple[float, float]:
    """The mean of the corners."""
    count = len(corners)
    return sum(x for x, _ in corners) / count, sum(y for _, y in corners) / count


def kept(data: bytes, symbology: Symbology) -> bytes:
    """What may be kept of a code: all of it, but of a Data Matrix the first 77 bytes, the debtor's data cut off."""
    is_data_matrix = symbology is Symbology.DATA_MATRIX or data.startswith(_DATA_MATRIX_BEGINS)
    return data[:KEPT_OF_DATA_MATRIX] if is_data_matrix else data


def scanned(data: bytes, symbology: Symbology) -> ScannedCode:
    r"""As the terminal gets it: what may be kept, as UTF-8 text, bytes that are not UTF-8 as `\xNN`."""
    return ScannedCode(text=kept(data, symbology).decode("utf-8", "backslashreplace"), symbology=symbology)


@dataclass(frozen=True)
class Found:
    """One code: its bytes, as far as they may be kept; its kind by our name and by its own; its corners (x, y)."""

    data: bytes
    symbology: Symbology
    name: str
    corners: Corners

    @property
    def centre(self) -> tuple[float, float]:
        """The mean of the corners."""
        return middle(self.corners)

    def moved(self, *, scale: float = 1.0, left: float = 0.0, top: float = 0.0) -> "Found":
        """The same code where it stands in the picture that was scaled by `scale` after being cut at (left, top)."""
        return replace(self, corners=tuple((x / scale + left, y / scale + top) for x, y in self.corners))

    def scanned(self) -> ScannedCode:
        """As the terminal gets it."""
        return scanned(self.data, self.symbology)


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
