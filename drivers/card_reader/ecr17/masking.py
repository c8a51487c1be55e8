"""The card number never leaves the codec: only its last four digits do (ecr17.md 2.3, 3.6 rule 12)."""

import re

# Results that carry a card number at 13/19 (ecr17.md 2.3, 2.4); a refusal's text stands there instead.
RESULT_CODES = frozenset(b"EVeicvA")
CODE, RESULT, CARD, REASON = slice(9, 10), slice(10, 12), slice(12, 31), slice(12, 36)
REFUSED = b"01"
RECEIPT_CODE = b"S"
HEAD = 10

LONG_NUMBER = re.compile(rb"[0-9](?:[ .-]?[0-9]){12,18}")
# A number at the very end may go on in the next frame: the joined receipt is masked once more.
TEXT_NUMBER = re.compile(r"(?<![0-9])[2-6][0-9](?:[ .-]?[0-9]){11,17}(?![0-9])")


def mask_card_number(payload: bytes) -> bytes:
    """Return a reader's payload with at most the last four digits of a card number in it; the length stays."""
    code = payload[CODE]
    if code == RECEIPT_CODE:
        return payload[:HEAD] + mask_in_text(payload[HEAD:].decode("latin-1")).encode("latin-1")
    if not code or code[0] not in RESULT_CODES:
        return payload
    if payload[RESULT] == REFUSED:
        return payload[: REASON.start] + _hide_long_numbers(payload[REASON]) + payload[REASON.stop :]
    return payload[: CARD.start] + _hide_digits(payload[CARD]) + payload[CARD.stop :]


def mask_in_text(text: str) -> str:
    """Return a receipt's text with every number that can be a card's masked (13 to 19 digits, Luhn holds)."""
    return TEXT_NUMBER.sub(lambda found: _stars(found[0]) if luhn_holds(found[0]) else found[0], text)


def luhn_holds(text: str) -> bool:
    """Whether the digits in `text` satisfy ISO/IEC 7812-1, annex B."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def _stars(number: str) -> str:
    return re.sub(r"[0-9](?=(?:[^0-9]*[0-9]){4})", "*", number)


def _hide_digits(card: bytes) -> bytes:
    """Keep the zeros in front: they only fill."""
    number = card.lstrip(b"0")
    filling = len(card) - len(number)
    return card[:filling] + re.sub(rb"[0-9]", b"*", number[:-4]) + number[-4:]


def _hide_long_numbers(text: bytes) -> bytes:
    return LONG_NUMBER.sub(lambda found: b"*" * (len(found[0]) - 4) + found[0][-4:], text)
