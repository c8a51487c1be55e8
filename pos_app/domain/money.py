"""Money: integer cents, the two-decimal form of the wire, the form people read."""

import re
from typing import NewType

Cents = NewType("Cents", int)

# The largest stAmount of the schema (999999999.99, pagopa.md 2.2) and of the reader's 8 digits (ecr17.md 2.2).
LARGEST_WIRE_AMOUNT = 99_999_999_999
LARGEST_CHARGE = 99_999_999

_ITALIAN_AMOUNT = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:,([0-9]{2}))?", re.ASCII)
_WIRE_AMOUNT = re.compile(r"([0-9]+)\.([0-9]{2})", re.ASCII)


class MoneyError(ValueError):
    """An amount that cannot be; the message says why."""


def cents(amount: int) -> Cents:
    """Check that `amount` is a whole number of cents that the wire can carry. Raises MoneyError."""
    if type(amount) is not int:
        message = f"an amount is a whole number of cents, not {amount!r}"
        raise MoneyError(message)
    if not 0 <= amount <= LARGEST_WIRE_AMOUNT:
        message = f"{amount} cents is outside 0 to {LARGEST_WIRE_AMOUNT}"
        raise MoneyError(message)
    return Cents(amount)


def is_chargeable(amount: int) -> bool:
    """Whether a card reader can be asked for it: 1 to 99 999 999 cents (ecr17.md 2.2)."""
    return 1 <= amount <= LARGEST_CHARGE


def to_wire(amount: int) -> str:
    """`12550` -> `125.50`, the only form stAmount allows (pagopa.md 2.2). Raises MoneyError."""
    checked = cents(amount)
    return f"{checked // 100}.{checked % 100:02d}"


def from_wire(text: str) -> Cents:
    """`125.50` -> 12550. Raises MoneyError for anything that stAmount does not allow."""
    found = _WIRE_AMOUNT.fullmatch(text)
    if found is None:
        message = f"{text!r} is not an amount with two decimals"
        raise MoneyError(message)
    return cents(int(found[1]) * 100 + int(found[2]))


def from_italian(text: str) -> Cents:
    """`125,50`, `1.234,56` or `125` -> cents, as people type euro. Raises MoneyError for anything else."""
    found = _ITALIAN_AMOUNT.fullmatch(text.strip())
    if found is None:
        message = f"L'importo si scrive in euro, come 125,50: letto {text.strip()[:20]!r}."
        raise MoneyError(message)
    return cents(int(found[1].replace(".", "")) * 100 + int(found[2] or 0))


def to_italian(amount: int) -> str:
    """`123456` -> `1.234,56`, as Italians write it, without the currency."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole = f"{amount // 100:,}".replace(",", ".")
    return f"{sign}{whole},{amount % 100:02d}"


def to_euro(amount: int) -> str:
    """`123456` -> `EUR 1.234,56`: safe on every code page (printing.md 3)."""
    return f"EUR {to_italian(amount)}"
