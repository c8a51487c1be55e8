"""A piece of paper as a picture, dot for dot: 8 dots a millimetre, black or white, as wide as the head."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from drivers.printer.simulator.paper import (
    CHARACTER_HEIGHT,
    CHARACTER_WIDTH,
    WIDTHS,
    Mark,
    Piece,
    PrintedCode,
    PrintedLine,
    PrintedPicture,
    Run,
)

MARGIN = 24  # dots of bare paper on each side: 3 mm
WHITE, BLACK = 255, 0
_FONT_SIZE = 20  # DejaVu Sans Mono advances 0.602 of its size: 12 dots
_BASE_LINE = 19
_THRESHOLD = 140
_FONTS = {False: "DejaVuSansMono.ttf", True: "DejaVuSansMono-Bold.ttf"}


def draw(piece: Piece) -> Image.Image:
    """The piece with a margin around it, one bit a dot."""
    height = sum(mark.dots for mark in piece.marks)
    paper = Image.new("L", (WIDTHS[piece.columns] + 2 * MARGIN, height + 2 * MARGIN), WHITE)
    top = MARGIN
    for mark in piece.marks:
        _draw_mark(paper, mark, top)
        top += mark.dots
    return paper.point([WHITE if grey > _THRESHOLD else BLACK for grey in range(256)], "1")


def save(piece: Piece, path: Path) -> None:
    """Write the picture as PNG."""
    draw(piece).save(path, format="PNG", dpi=(203, 203))


def _draw_mark(paper: Image.Image, mark: Mark, top: int) -> None:
    if isinstance(mark, PrintedLine):
        _draw_line(paper, mark, top)
    elif isinstance(mark, PrintedCode):
        _draw_code(paper, mark, top)
    elif isinstance(mark, PrintedPicture) and mark.rows:
        size = (len(mark.rows[0]) * 8, len(mark.rows))
        black = Image.frombytes("1", size, b"".join(mark.rows))
        paper.paste(BLACK, (MARGIN + mark.left, top), black.convert("L"))


def _draw_line(paper: Image.Image, line: PrintedLine, top: int) -> None:
    left = MARGIN + line.left
    high = max((run.style.high for run in line.runs), default=1)
    for run in line.runs:
        below = (high - run.style.high) * CHARACTER_HEIGHT  # characters of one line share its base
        paper.paste(_glyphs(run), (left, top + below))
        left += run.dots


def _glyphs(run: Run) -> Image.Image:
    cell = Image.new("L", (len(run.text) * CHARACTER_WIDTH, CHARACTER_HEIGHT), WHITE)
    for at, character in enumerate(run.text):
        cell.paste(_glyph(character, bold=run.style.bold), (at * CHARACTER_WIDTH, 0))
    if run.style.underlined:
        ImageDraw.Draw(cell).line((0, CHARACTER_HEIGHT - 2, cell.width, CHARACTER_HEIGHT - 2), fill=BLACK, width=2)
    size = (cell.width * run.style.wide, cell.height * run.style.high)
    return cell.resize(size, Image.Resampling.NEAREST)


@cache
def _glyph(character: str, *, bold: bool) -> Image.Image:
    cell = Image.new("L", (CHARACTER_WIDTH, CHARACTER_HEIGHT), WHITE)
    pen = ImageDraw.Draw(cell)
    pen.text((0, _BASE_LINE), character, fill=BLACK, font=_font(bold), anchor="ls")
    return cell


def _draw_code(paper: Image.Image, code: PrintedCode, top: int) -> None:
    side = len(code.matrix)
    modules = Image.new("L", (side, side), WHITE)
    modules.putdata([BLACK if dark else WHITE for row in code.matrix for dark in row])
    size = (side * code.module, side * code.module)
    paper.paste(modules.resize(size, Image.Resampling.NEAREST), (MARGIN + code.left, top))


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:  # noqa: FBT001 - the key of a two-row table
    with as_file(files("drivers.printer") / "fonts" / _FONTS[bold]) as path:
        return ImageFont.truetype(str(path), _FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
