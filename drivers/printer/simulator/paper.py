"""What stands on the paper: lines of styled characters, pictures and codes, as a person and a program can read them."""

from dataclasses import asdict, dataclass, field

DOTS_PER_MM = 8
LINE_DOTS = 30  # 3.75 mm, a printer's line spacing when switched on
CHARACTER_WIDTH, CHARACTER_HEIGHT = 12, 24  # font A
WIDTHS = {48: 576, 42: 504, 32: 384}  # columns of font A -> printable dots


@dataclass(frozen=True)
class Style:
    """How characters look."""

    bold: bool = False
    underlined: bool = False
    wide: int = 1
    high: int = 1


@dataclass(frozen=True)
class Run:
    """Characters of one style."""

    text: str
    style: Style = field(default_factory=Style)

    @property
    def dots(self) -> int:
        """How wide they are."""
        return len(self.text) * CHARACTER_WIDTH * self.style.wide


@dataclass(frozen=True)
class PrintedLine:
    """One line of characters; `left` is where it begins, in dots, and `dots` how far the paper moved."""

    runs: tuple[Run, ...]
    left: int = 0
    dots: int = LINE_DOTS

    @property
    def text(self) -> str:
        """What it says, blanks at its start for where it begins."""
        return (" " * (self.left // CHARACTER_WIDTH) + "".join(run.text for run in self.runs)).rstrip()


@dataclass(frozen=True)
class PrintedCode:
    """A QR code that the printer drew itself: `matrix` holds its modules without the quiet zone."""

    data: str
    matrix: tuple[tuple[bool, ...], ...]
    module: int
    left: int

    @property
    def dots(self) -> int:
        """How far the paper moved."""
        return len(self.matrix) * self.module


@dataclass(frozen=True)
class PrintedPicture:
    """Raster rows, eight dots a byte, the first dot in the highest bit."""

    rows: tuple[bytes, ...]
    left: int = 0

    @property
    def dots(self) -> int:
        """How far the paper moved."""
        return len(self.rows)


@dataclass(frozen=True)
class Feed:
    """Paper moved without printing."""

    dots: int


Mark = PrintedLine | PrintedCode | PrintedPicture | Feed


@dataclass(frozen=True)
class Piece:
    """One piece of paper, from cut to cut; `cut` is False for what is still in the printer."""

    columns: int
    marks: tuple[Mark, ...]
    cut: bool = True
    code_pages: tuple[int, ...] = ()
    unknown: tuple[bytes, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def millimetres(self) -> float:
        """How long it is."""
        return sum(mark.dots for mark in self.marks) / DOTS_PER_MM

    @property
    def text(self) -> str:
        """What a person reads, a line each; codes as `[QR …]`, pictures as `[picture WxH]`."""
        return "".join(f"{line}\n" for mark in self.marks if (line := _read(mark)) is not None)

    def as_table(self) -> dict[str, object]:
        """The same for programs: everything that JSON can hold."""
        return {
            "columns": self.columns,
            "millimetres": self.millimetres,
            "cut": self.cut,
            "code_pages": list(self.code_pages),
            "unknown_commands": [raw.hex(" ") for raw in self.unknown],
            "commands": sorted(set(self.commands)),
            "marks": [_tabled(mark) for mark in self.marks],
        }


def _read(mark: Mark) -> str | None:
    if isinstance(mark, PrintedLine):
        return mark.text
    if isinstance(mark, PrintedCode):
        return f"[QR {mark.data}]"
    if isinstance(mark, PrintedPicture):
        return f"[picture {max((len(row) for row in mark.rows), default=0) * 8}x{len(mark.rows)}]"
    return None


def _tabled(mark: Mark) -> dict[str, object]:
    if isinstance(mark, PrintedLine):
        runs = [{"text": run.text, **asdict(run.style)} for run in mark.runs]
        return {"kind": "line", "text": mark.text, "left": mark.left, "runs": runs}
    if isinstance(mark, PrintedCode):
        return {"kind": "qr", "data": mark.data, "module": mark.module, "left": mark.left}
    if isinstance(mark, PrintedPicture):
        return {"kind": "picture", "rows": len(mark.rows), "left": mark.left}
    return {"kind": "feed", "dots": mark.dots}
