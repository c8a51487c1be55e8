"""A sheet of paper to draw on in millimetres, black on white, and saved as a PDF page."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DOTS_PER_MM = 13.2  # a QR code of 33 modules at 25 mm then has exactly ten dots a module
_DOTS_PER_INCH = DOTS_PER_MM * 25.4
_PAPER, _INK = 1, 0
_A4 = (210, 297)
_LINE = 1.3  # of the letters' size, from line to line


@dataclass(frozen=True)
class Face:
    """How letters look; `size` is their height in millimetres."""

    size: float
    bold: bool = False
    white: bool = False

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        """The typeface, at the sheet's resolution."""
        return _font(dots(self.size), bold=self.bold)


class Sheet:
    """An A4 sheet. Lengths are millimetres from the upper left corner."""

    def __init__(self) -> None:
        self.picture = Image.new("1", (dots(_A4[0]), dots(_A4[1])), _PAPER)
        self._draw = ImageDraw.Draw(self.picture)

    def text(self, left: float, top: float, text: str, face: Face) -> None:
        """One line of text."""
        ink = _PAPER if face.white else _INK
        self._draw.text((dots(left), dots(top)), text, fill=ink, font=face.font)

    def right(self, right: float, top: float, text: str, face: Face) -> None:
        """One line of text that ends at `right`."""
        self.text(right - face.font.getlength(text) / DOTS_PER_MM, top, text, face)

    def paragraph(self, left: float, top: float, text: str, face: Face, *, width: float) -> float:
        """Text in lines of at most `width`; where the next line would begin."""
        for line in _lines(text, dots(width), face.font):
            self.text(left, top, line, face)
            top += face.size * _LINE
        return top

    def bar(self, left: float, top: float, width: float, height: float) -> None:
        """A black bar."""
        self._draw.rectangle((dots(left), dots(top), dots(left + width), dots(top + height)), fill=_INK)

    def cut_line(self, top: float) -> None:
        """A line of dashes across the sheet."""
        for left in range(10, 200, 4):
            self.bar(left, top, 2, 0.2)

    def code(self, left: float, top: float, modules: Image.Image, *, dots_a_module: int) -> None:
        """A code, each of its modules the same number of dots."""
        size = (modules.width * dots_a_module, modules.height * dots_a_module)
        self.picture.paste(modules.resize(size, Image.Resampling.NEAREST), (dots(left), dots(top)))

    def save(self, path: Path) -> None:
        """Write the sheet as a PDF of one page. Raises OSError."""
        written = BytesIO()
        self.picture.save(written, "PDF", resolution=_DOTS_PER_INCH, title=path.stem, producer="pos-terminal sandbox")
        path.write_bytes(written.getvalue())


def dots(millimetres: float) -> int:
    """A length in dots."""
    return round(millimetres * DOTS_PER_MM)


def _lines(text: str, width: int, font: ImageFont.FreeTypeFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


@cache
def _font(height: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    data = (resources.files("pos_app.sandbox") / "data" / "fonts" / name).read_bytes()
    return ImageFont.truetype(BytesIO(data), height)
