"""A document set on paper that is so many columns wide: lines of text, still without a byte of any printer's language.

The rule of printing.md 3: a label and its value share a line where both fit, else the value stands right-aligned below.
Text is wrapped between words, words longer than the paper are broken, nothing is ever cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drivers.contracts import Align, Block, Cut, Document, Logo, QrCode, ReaderLines, Row, Rule, Text
from drivers.printer.characters import Repertoire

VALUE_INDENT = 4  # columns left free before a value of several lines, so that it reads as one
READER_COLUMNS = 24  # ecr17.md 2.7


@dataclass(frozen=True)
class Line:
    """One line of characters that the printer has; at most as long as the paper is wide, no blanks at its end."""

    text: str
    bold: bool = False
    tall: bool = False


@dataclass(frozen=True)
class Code:
    """A QR code of `data`, in the middle."""

    data: str


@dataclass(frozen=True)
class Emblem:
    """The logo in the printer's memory, in the middle; it says nothing in words."""


@dataclass(frozen=True)
class End:
    """Here this piece of paper ends."""


Item = Line | Code | Emblem | End


def lay_out(document: Document, *, columns: int, repertoire: Repertoire) -> tuple[Item, ...]:
    """Set `document` on paper of `columns` columns, in characters of `repertoire`."""
    return tuple(item for block in document.blocks for item in _set(block, columns, repertoire.fit))


def plain_text(items: tuple[Item, ...]) -> str:
    """What a person reads on the paper, a line each; a QR code as `[QR data]`, the end of a piece as an empty line."""
    return "".join(f"{_shown(item)}\n" for item in items if not isinstance(item, Emblem))


def _shown(item: Item) -> str:
    if isinstance(item, Line):
        return item.text
    return f"[QR {item.data}]" if isinstance(item, Code) else ""


def _set(block: Block, columns: int, fit: Callable[[str], str]) -> Iterator[Item]:
    if isinstance(block, Text):
        for line in wrapped(fit(block.text), columns):
            yield Line(_placed(line, block.align, columns), block.bold, block.tall)
    elif isinstance(block, Row):
        for line in _row(fit(block.label), fit(block.value), columns):
            yield Line(line, block.bold, block.tall)
    elif isinstance(block, Rule):
        yield Line(("=" if block.heavy else "-") * columns)
    elif isinstance(block, ReaderLines):
        for text in block.lines:
            yield from (Line(line) for line in _reader_line(fit(text), columns))
    else:
        yield _unworded(block)


def _unworded(block: QrCode | Logo | Cut) -> Item:
    if isinstance(block, QrCode):
        return Code(block.data)
    return Emblem() if isinstance(block, Logo) else End()


def _placed(line: str, align: Align, columns: int) -> str:
    if align is Align.CENTER:
        return " " * ((columns - len(line)) // 2) + line
    return line.rjust(columns) if align is Align.RIGHT else line


def _row(label: str, value: str, columns: int) -> Iterator[str]:
    label, value = " ".join(label.split()), " ".join(value.split())
    if len(label) + 1 + len(value) <= columns:
        yield (label + value.rjust(columns - len(label))).rstrip()
        return
    yield from wrapped(f"{label}:", columns)
    width = columns if len(value) <= columns else columns - VALUE_INDENT
    for line in _value_lines(value, width, columns):
        yield line.rjust(columns)


def _value_lines(value: str, width: int, columns: int) -> Iterator[str]:
    """Lines of `width`; a single word may use the paper's whole width before it is broken."""
    words = value.split()
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) <= width:
            line += f" {word}"
            continue
        if line:
            yield line
        *full, line = _broken(word, columns)
        yield from full
    if line:
        yield line


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, broken between words where that is possible; an empty text is one line."""
    return list(_value_lines(text, columns, columns)) or [""]


def _broken(word: str, columns: int) -> list[str]:
    return [word[at : at + columns] for at in range(0, len(word), columns)]


def _reader_line(text: str, columns: int) -> Iterator[str]:
    """A line of the reader's slip as it is, its 24 columns in the middle; a longer one is broken, not re-set."""
    stripped = text.rstrip()
    margin = " " * ((columns - READER_COLUMNS) // 2) if len(stripped) <= READER_COLUMNS else ""
    for part in _broken(stripped, columns) or [""]:
        yield (margin + part).rstrip()
