"""Debt positions as an EC keeps them, and as the control API writes them (sandbox.md, "Control API")."""

import json
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from typing import Annotated, Any, Literal

from pos_app.sandbox.registry_entries import Iban
from pos_app.sandbox.shapes import (
    Amount,
    Between,
    FiscalCodeText,
    NoticeNumberText,
    Pattern,
    ShapeError,
    Text70,
    Text140,
    read,
    text_of,
)

Day = Annotated[str, Pattern(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "a date YYYY-MM-DD")]
PersonCode = Annotated[str, text_of(2, 16)]
DEFAULT_CATEGORY = "9/0101101IM/"
LARGEST_TRANSFER_LIST = 5


@dataclass(frozen=True)
class Debtor:
    """Who owes: F a person, G a legal entity."""

    type: Literal["F", "G"] = "F"
    code: PersonCode = "RSSMRA80A01H501U"
    name: Text70 = "Mario Rossi"


@dataclass(frozen=True)
class Transfer:
    """One credit of a payment, `amount` in cents. Without `iban` it goes to the EC's own account."""

    fiscal_code: FiscalCodeText
    amount: Amount
    iban: Iban | None = None
    postal_iban: Iban | None = None
    category: Text140 = DEFAULT_CATEGORY
    remittance: Text140 | None = None
    stamp_duty: bool = False


@dataclass(frozen=True)
class Notice:
    """A debt position. `verify_amount` and `actualised_amount` (cents) are what the EC answers instead of `amount`."""

    amount: Amount
    description: Text140 = "Avviso di prova"
    due_date: Day | None = None
    state: Literal["payable", "paid", "expired", "revoked", "unknown", "in_progress"] = "payable"
    debtor: Debtor = Debtor()
    transfers: tuple[Transfer, ...] = ()
    verify_amount: Amount | None = None
    actualised_amount: Amount | None = None
    standin: bool = False
    rpt: Literal["at_once", "late", "never"] = "at_once"
    rpt_delay: Annotated[int, Between(0, 86_400)] = 0

    def __post_init__(self) -> None:
        """Refuse what no paGetPayment answer could carry."""
        if len(self.transfers) > LARGEST_TRANSFER_LIST:
            raise ShapeError(f"transfers must be at most {LARGEST_TRANSFER_LIST}, not {len(self.transfers)}")
        if self.due_date is not None and not _is_day(self.due_date):
            raise ShapeError(f"due_date must be a day of the calendar, not {self.due_date!r}")


@dataclass(frozen=True)
class Position:
    """A notice in its place: of which EC, under which number."""

    fiscal_code: FiscalCodeText
    notice_number: NoticeNumberText
    notice: Notice

    @property
    def key(self) -> str:
        """What the store keeps it under."""
        return position_key(self.fiscal_code, self.notice_number)


def position_key(fiscal_code: str, notice_number: str) -> str:
    """The one name of a debt position: `77777777777/301000000000012373`."""
    return f"{fiscal_code}/{notice_number}"


def read_position(fiscal_code: str, notice_number: str, body: object, *, year: int) -> Position:
    """A PUT of the control API; what is left out gets its default (due at the end of `year`). Raises ShapeError."""
    notice = read(Notice, body)
    if notice.due_date is None:
        notice = replace(notice, due_date=f"{year}-12-31")
    place = {"fiscal_code": fiscal_code, "notice_number": notice_number}
    return read(_Place, place).at(notice)


def read_positions(listed: object, *, year: int) -> tuple[Position, ...]:
    """A notices file: a list of notices, each with its `fiscal_code` and `notice_number`. Raises ShapeError."""
    if not isinstance(listed, list):
        raise ShapeError("a notices file must be a list of notices")
    return tuple(_read_listed(f"[{at}]", item, year) for at, item in enumerate(listed))


def default_positions(*, year: int) -> tuple[Position, ...]:
    """The notices that a sandbox starts with unless told otherwise."""
    text = (resources.files("pos_app.sandbox") / "data" / "notices.json").read_text(encoding="utf-8")
    return read_positions(json.loads(text), year=year)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Place:
    fiscal_code: FiscalCodeText
    notice_number: Annotated[str, Pattern(r"[0-3][0-9]{17}", "18 digits, the first of them 0, 1, 2 or 3")]

    def at(self, notice: Notice) -> Position:
        return Position(self.fiscal_code, self.notice_number, notice)


def _read_listed(path: str, item: Any, year: int) -> Position:
    if not isinstance(item, dict):
        raise ShapeError(f"{path} must be an object, not {item!r}")
    rest = dict(item)
    place = {name: rest.pop(name, None) for name in ("fiscal_code", "notice_number")}
    try:
        return read_position(place["fiscal_code"], place["notice_number"], rest, year=year)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from error
