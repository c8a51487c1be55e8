"""The reader's own receipt (ecr17.md 2.7): pieces of text, split anywhere, become lines. Performs no I/O."""

import enum
from dataclasses import dataclass

from drivers.card_reader.ecr17.masking import mask_in_text
from drivers.card_reader.ecr17.messages import RECEIPT_END


class Style(enum.Enum):
    """How a line is printed; the character that switches it on, and the columns it then has."""

    PLAIN = ("\x7d", 24)
    TALL = ("\x7e", 24)
    TALL_BOLD = ("\x7f", 24)
    WIDE = ("\x7b", 12)
    WIDE_BOLD = ("\x7c", 12)
    COMPRESSED = ("\x5e", 42)

    @property
    def columns(self) -> int:
        """Return how many characters fill a line."""
        return self.value[1]


NEW_LINE = "\x7d"
SWITCHES = {style.value[0]: style for style in Style}


@dataclass(frozen=True)
class ReceiptLine:
    """One line as it stands on the paper, without its filling at the right."""

    text: str
    style: Style = Style.PLAIN


def receipt_lines(pieces: str) -> tuple[ReceiptLine, ...]:
    """Wrap the joined pieces: a full line wraps by itself, and a new-line right after it adds none."""
    lines: list[ReceiptLine] = []
    held, style, columns, wrapped = "", Style.PLAIN, Style.PLAIN.columns, True
    for character in mask_in_text(pieces.split(RECEIPT_END, 1)[0]):
        if character == NEW_LINE:
            if not wrapped:
                lines.append(ReceiptLine(held.rstrip(), style))
            held, style, columns, wrapped = "", Style.PLAIN, Style.PLAIN.columns, False
        elif character in SWITCHES:
            style = SWITCHES[character]
            columns = style.columns
        else:
            held, wrapped = held + character, False
            if len(held) == columns:
                lines.append(ReceiptLine(held.rstrip(), style))
                held, style, columns, wrapped = "", Style.PLAIN, Style.PLAIN.columns, True
    lines.append(ReceiptLine(held.rstrip(), style))
    return _without_feed(lines)


def _without_feed(lines: list[ReceiptLine]) -> tuple[ReceiptLine, ...]:
    """Drop the blank lines at the end: they only feed the paper."""
    filled = [index for index, line in enumerate(lines) if line.text]
    return tuple(lines[: filled[-1] + 1]) if filled else ()
