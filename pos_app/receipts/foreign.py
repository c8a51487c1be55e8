"""Text that others wrote: control characters go, and a card number is found wherever it hides.

The reader's own slip is printed as it is, unless something in it could be a whole card number (PCI DSS 3.4.1,
printing.md 3): then it is not printed at all. Refusing beats masking: what was found may not be all there is.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_SHORTEST, _LONGEST = 13, 19
# Digits in groups, with what may stand between the groups of one number, line ends included.
_RUN = re.compile(r"[0-9](?:[ \n.\-_/*]{0,3}[0-9])*", re.ASCII)
_GROUP = re.compile(r"[0-9]+", re.ASCII)

# The reader names these fields itself. A merchant's number has 15 digits; so have the cards of these first digits.
_MERCHANT_FIELD = re.compile(r"(?:Eser(?:cente)?|MID)[.: ]*([0-9]{15})(?![0-9])", re.ASCII | re.IGNORECASE)
_FIFTEEN_DIGIT_CARDS = ("34", "37", "1", "2131")
_ACQUIRER_FIELD = re.compile(r"A\.?I\.?I\.?C\.?[.: ]*([0-9]{11})(?![0-9])", re.ASCII | re.IGNORECASE)


def printable(text: str) -> str:
    """`text` on one line, without anything a printer or a screen could obey (Unicode category C)."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
    return " ".join(kept.split())


def printable_line(line: str) -> str:
    """As `printable`, but the spaces stay: a reader's slip is set with them."""
    spaced = "".join(" " if character.isspace() else character for character in line)
    return "".join(character for character in spaced if unicodedata.category(character)[0] != "C").rstrip()


def holds_card_number(lines: Iterable[str], *, known: Iterable[str] = ()) -> bool:
    """Whether 13 to 19 digits that pass the Luhn check stand in `lines`, grouped or broken over lines as they may be.

    `known` are numbers of this payment that are no card's: notice number, IUV, acquirer.
    """
    text = unicodedata.normalize("NFKC", "\n".join(printable_line(line) for line in lines))
    text = _without_named_fields(text)
    innocent = {digits for digits in known if digits}
    return any(_could_be_card(number) for number in _numbers(text) if number not in innocent)


def _without_named_fields(text: str) -> str:
    text = _MERCHANT_FIELD.sub(lambda found: found[0] if found[1].startswith(_FIFTEEN_DIGIT_CARDS) else "#", text)
    return _ACQUIRER_FIELD.sub("#", text)


def _numbers(text: str) -> Iterator[str]:
    """Every row of whole groups of digits that is as long as a card number, and every part of an overlong group."""
    for run in _RUN.finditer(text):
        groups = _GROUP.findall(run[0])
        for first in range(len(groups)):
            for last in range(first + 1, len(groups) + 1):
                yield "".join(groups[first:last])
        for group in groups:
            yield from _parts(group)


def _parts(group: str) -> Iterator[str]:
    if len(group) > _LONGEST:
        for length in range(_SHORTEST, _LONGEST + 1):
            yield from (group[at : at + length] for at in range(len(group) - length + 1))


def _could_be_card(number: str) -> bool:
    return _SHORTEST <= len(number) <= _LONGEST and number.strip("0") != "" and _luhn_sum(number) % 10 == 0


def _luhn_sum(number: str) -> int:
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
