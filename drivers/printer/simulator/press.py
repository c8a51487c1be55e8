"""The printing half of the double: print commands -> marks on paper. Knows styles and code pages, no line, no clock."""

from collections.abc import Callable
from typing import ClassVar

from drivers.printer.characters import CODE_PAGES
from drivers.printer.simulator.codes import CodeMemory
from drivers.printer.simulator.grammar import Command
from drivers.printer.simulator.graphics import GraphicsMemory
from drivers.printer.simulator.paper import (
    CHARACTER_WIDTH,
    LINE_DOTS,
    WIDTHS,
    Feed,
    Mark,
    Piece,
    PrintedLine,
    PrintedPicture,
    Run,
    Style,
)

FEED_TO_CUTTER = 96  # dots from the head to the cutter, 12 mm
_CODECS = {page.number: page.codec for page in CODE_PAGES.values()}
_ALIGNMENTS = {0: 0, 48: 0, 1: 1, 49: 1, 2: 2, 50: 2}  # ESC a n -> left, centre, right, in halves of what is free


class Press:
    """Takes print commands, gives the marks that each makes; keeps what it could not understand in `unknown`."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._width = WIDTHS[columns]
        self.unknown: list[bytes] = []
        self._names: list[str] = []
        self._pages: list[int] = []
        self._marks: list[Mark] = []
        self._page, self._style, self._halves, self._spacing = 0, Style(), 0, LINE_DOTS
        self._line: list[Run] = []
        self._filled = 0  # dots of the line
        self._codes = CodeMemory()
        self._graphics = GraphicsMemory()

    def reset(self) -> None:
        """ESC @: everything as when switched on; what was not printed yet is gone."""
        self._page, self._style, self._halves, self._spacing = 0, Style(), 0, LINE_DOTS
        self.forget_line()
        self._codes = CodeMemory()

    def forget_line(self) -> None:
        """What stands in the line buffer, unprinted, is gone."""
        self._line, self._filled = [], 0

    def take(self, command: Command) -> list[Mark]:
        """The marks that `command` makes, in their order; what is unknown makes none and is kept."""
        self._names.append(command.name)
        effect = self._EFFECTS.get(command.name)
        if command.name == "unknown":
            self.unknown.append(command.raw)
        marks = effect(self, command.data) if effect is not None else []
        if marks is None:
            self.unknown.append(command.raw)
            return []
        return marks

    def keep(self, mark: Mark) -> None:
        """`mark` is on the paper now."""
        self._marks.append(mark)

    def piece(self, *, cut: bool) -> Piece:
        """The paper since the last cut; with `cut`, a new piece begins."""
        pages, unknown, names = tuple(self._pages), tuple(self.unknown), tuple(self._names)
        piece = Piece(self.columns, tuple(self._marks), cut, pages, unknown, names)
        if cut:
            self._marks, self._pages, self._names = [], [], []
            self.unknown = []
        return piece

    # --- text --------------------------------------------------------------------------------

    def _text(self, data: bytes) -> list[Mark]:
        if self._page not in self._pages:
            self._pages.append(self._page)
        marks: list[Mark] = []
        text = data.decode(_CODECS[self._page], errors="replace")
        while text:
            fitting = max((self._width - self._filled) // (CHARACTER_WIDTH * self._style.wide), 0)
            if not fitting and self._line:
                marks += self._line_feed(b"")
                continue
            run = Run(text[: max(fitting, 1)], self._style)
            self._line.append(run)
            self._filled += run.dots
            text = text[len(run.text) :]
        return marks

    def _line_feed(self, _data: bytes) -> list[Mark]:
        runs = _joined(self._line)
        self.forget_line()
        high = max((run.style.high for run in runs), default=1)
        dots = max(self._spacing, 24 * high + 6 if high > 1 else 0)
        return [PrintedLine(runs, self._left(sum(run.dots for run in runs)), dots)]

    def _left(self, dots: int) -> int:
        return (self._width - dots) * self._halves // 2

    def _feed_lines(self, data: bytes) -> list[Mark]:
        pending = self._line_feed(b"") if self._line else []
        return [*pending, Feed(data[0] * self._spacing)]

    def _feed_dots(self, data: bytes) -> list[Mark]:
        pending = self._line_feed(b"") if self._line else []
        return [*pending, Feed(data[0] // 2)]  # vertical units of 1/360 inch against 203 dots

    # --- settings ----------------------------------------------------------------------------

    def _initialise(self, _data: bytes) -> list[Mark]:
        self.reset()
        return []

    def _code_page(self, data: bytes) -> list[Mark] | None:
        if data[0] not in _CODECS:
            return None
        self._page = data[0]
        return []

    def _national_letters(self, data: bytes) -> list[Mark] | None:
        return [] if data[0] == 0 else None

    def _align(self, data: bytes) -> list[Mark] | None:
        if data[0] not in _ALIGNMENTS:
            return None
        self._halves = _ALIGNMENTS[data[0]]
        return []

    def _bold(self, data: bytes) -> list[Mark]:
        self._style = Style(bool(data[0] & 1), self._style.underlined, self._style.wide, self._style.high)
        return []

    def _underline(self, data: bytes) -> list[Mark]:
        self._style = Style(self._style.bold, bool(data[0] & 3), self._style.wide, self._style.high)
        return []

    def _size(self, data: bytes) -> list[Mark] | None:
        wide, high = data[0] // 16 + 1, data[0] % 16 + 1
        if max(wide, high) > 8:
            return None
        self._style = Style(self._style.bold, self._style.underlined, wide, high)
        return []

    def _mode(self, data: bytes) -> list[Mark] | None:
        if data[0] & 0x01:
            return None  # font B: our paper counts columns of font A
        self._style = Style(
            bool(data[0] & 0x08), bool(data[0] & 0x80), 2 if data[0] & 0x20 else 1, 2 if data[0] & 0x10 else 1
        )
        return []

    def _default_spacing(self, _data: bytes) -> list[Mark]:
        self._spacing = LINE_DOTS
        return []

    def _set_spacing(self, data: bytes) -> list[Mark]:
        self._spacing = data[0] // 2
        return []

    # --- pictures and codes ------------------------------------------------------------------

    def _raster(self, data: bytes) -> list[Mark] | None:
        width, height = int.from_bytes(data[1:3], "little"), int.from_bytes(data[3:5], "little")
        if data[0] not in (0, 48) or width * 8 > self._width:
            return None
        rows = tuple(data[5 + at * width : 5 + (at + 1) * width] for at in range(height))
        return [PrintedPicture(rows, self._left(width * 8))]

    def _function(self, data: bytes) -> list[Mark] | None:
        """GS ( : QR codes and stored pictures here; the process id is the machine's business and passes."""
        if data[:1] == b"H":
            return []
        memories: dict[bytes, CodeMemory | GraphicsMemory] = {b"k": self._codes, b"L": self._graphics}
        memory = memories.get(data[:1])
        return memory.take(data[3:], self._width, self._left) if memory is not None else None

    # --- cutting -----------------------------------------------------------------------------

    def _cut_feed(self, data: bytes) -> list[Mark]:
        feeds = data[0] in (65, 66)
        return [Feed(FEED_TO_CUTTER + data[1] // 2)] if feeds else []

    # What each command does to the paper; None means that its values make no sense. Others do nothing to it.
    _EFFECTS: ClassVar[dict[str, Callable[["Press", bytes], list[Mark] | None]]] = {
        "text": _text,
        "LF": _line_feed,
        "ESC @": _initialise,
        "ESC !": _mode,
        "ESC -": _underline,
        "ESC 2": _default_spacing,
        "ESC 3": _set_spacing,
        "ESC E": _bold,
        "ESC G": _bold,
        "ESC J": _feed_dots,
        "ESC R": _national_letters,
        "ESC a": _align,
        "ESC d": _feed_lines,
        "ESC t": _code_page,
        "GS !": _size,
        "GS (": _function,
        "GS V": _cut_feed,
        "GS v 0": _raster,
    }


def _joined(runs: list[Run]) -> tuple[Run, ...]:
    joined: list[Run] = []
    for run in runs:
        if joined and joined[-1].style == run.style:
            joined[-1] = Run(joined[-1].text + run.text, run.style)
        else:
            joined.append(run)
    return tuple(joined)
