"""What finance needs of each payment, one flat line each, for the settlement report (pagopa.md 3.3; product.md F2).

The terminal never writes the report itself; `fdr_hint` says which outcome code belongs there: 0 paid, 4 paid in
stand-in, 9 recorded late, 8 recorded late in stand-in.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import TextIO
from zoneinfo import ZoneInfo

from pos_app.domain.events import Card, NoticeRead, OutcomeIntended, Stamp
from pos_app.domain.fold import Record, apply
from pos_app.domain.payment import Payment
from pos_app.journal.layout import TERMINAL

_ROME = ZoneInfo("Europe/Rome")

# What the reader calls the card, and what the Node calls the method (pagopa.md 2.2, stPaymentMethod).
PAYMENT_METHODS = {"bancomat": "bancomat", "credit": "creditCard"}

# (recorded late, stand-in) -> the settlement report's outcome code (pagopa.md 3.3).
_HINTS = {(False, False): "0", (False, True): "4", (True, False): "9", (True, True): "8"}


@dataclass(frozen=True)
class Line:
    """One payment for finance. Amounts in cents, times in UTC (ISO 8601), the day in Rome; "" means not known."""

    day: str
    operation: str
    payment_id: str
    notice_number: str
    payee: str
    payee_name: str
    iuv: str
    token: str
    amount: int
    fee: int
    total: int
    method: str
    card_kind: str
    card_last4: str
    stan: str
    online_id: str
    authorisation_code: str
    acquirer_id: str
    reader_id: str
    charged: bool
    charged_at: str
    reversed: bool
    outcome: str
    outcome_first_sent_at: str
    outcome_answered_at: str
    outcome_answer: str
    standin: bool
    fdr_hint: str
    state: str
    needs_person: bool
    trial: bool


def lines(records: Iterable[Record], first: date, last: date) -> list[Line]:
    """A line for every payment of these days, in Rome, that got as far as a token or a charge.

    `records` begin a day earlier: a payment belongs to the day of its charge, and may have begun before midnight.
    """
    payments: dict[str, Payment] = {}
    first_sent: dict[str, Stamp] = {}
    for record in records:
        if record.payment_id not in payments and not _begins(record, _day_before(first), last):
            continue
        known = payments.get(record.payment_id) or Payment(record.payment_id)
        payments[record.payment_id] = apply(known, record.stamp, record.event)
        if isinstance(record.event, OutcomeIntended):
            first_sent.setdefault(record.payment_id, record.stamp)
    told = (payment for payment in payments.values() if payment.token or payment.charge_started)
    return [_line(payment, first_sent.get(payment.id)) for payment in told if first <= _day(payment) <= last]


def month_to_read(first: date) -> str:
    """The first month whose records `lines` needs, for days from `first` on."""
    return f"{_day_before(first):%Y-%m}"


def _day_before(day: date) -> date:
    return day if day == date.min else day - timedelta(days=1)


def _begins(record: Record, first: date, last: date) -> bool:
    wanted = record.payment_id != TERMINAL and isinstance(record.event, NoticeRead)
    return wanted and first <= day_in_rome(record.stamp) <= last


def _day(payment: Payment) -> date:
    began = payment.charge_started or payment.opened
    assert began is not None, "it has a first record"
    return day_in_rome(began)


def day_in_rome(moment: Stamp) -> date:
    """The day on people's calendars."""
    return datetime.fromisoformat(moment.utc).astimezone(_ROME).date()


def fdr_hint(payment: Payment) -> str:
    """The settlement report's outcome code; "" while nothing is settled, where the money went back, and in a trial."""
    settled = payment.ok_was_intended and (payment.accepted or bool(payment.recorded_late))
    worth = payment.was_charged and not payment.trial
    return _HINTS[bool(payment.recorded_late), payment.standin] if settled and worth else ""


def _line(payment: Payment, first_sent: Stamp | None) -> Line:
    notice, outcome = payment.notice, payment.pending_outcome
    card = payment.card or payment.other_amount_card or Card("", "", "")
    return Line(
        day=_day(payment).isoformat(),
        operation=payment.operation,
        payment_id=payment.id,
        notice_number=notice.number.digits if notice else "",
        payee=notice.creditor.digits if notice else "",
        payee_name=payment.company_name,
        iuv=payment.iuv,
        token=payment.token,
        amount=payment.amount,
        fee=payment.fee,
        total=payment.total,
        method=PAYMENT_METHODS.get(card.kind, "other") if payment.was_charged or payment.reversed else "",
        card_kind=card.kind,
        card_last4=card.last4,
        stan=card.stan,
        online_id=card.online_id,
        authorisation_code=card.authorisation_code,
        acquirer_id=card.acquirer_id,
        reader_id=card.terminal_id,
        charged=payment.was_charged,
        charged_at=_utc(payment.charge_started),
        reversed=payment.reversed,
        outcome=outcome.verdict if outcome else "",
        outcome_first_sent_at=_utc(first_sent),
        outcome_answered_at=_utc(payment.settled_at),
        outcome_answer=payment.recorded_late or ("accepted" if payment.accepted else ""),
        standin=payment.standin,
        fdr_hint=fdr_hint(payment),
        state=payment.state.label,
        needs_person=payment.needs_person,
        trial=payment.trial,
    )


def _utc(moment: Stamp | None) -> str:
    return moment.utc if moment else ""


# --- the two forms -------------------------------------------------------------------------------


def write_json(told: Iterable[Line], out: TextIO) -> None:
    """One JSON list of objects."""
    json.dump([asdict(line) for line in told], out, ensure_ascii=False, indent=1)
    out.write("\n")


def write_csv(told: Iterable[Line], out: TextIO) -> None:
    """A header, then one row a payment, comma-separated, true and false in words; digits keep their leading zeros."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(field.name for field in fields(Line))
    writer.writerows(_row(line) for line in told)


def _row(line: Line) -> Iterator[str]:
    for value in asdict(line).values():
        yield _as_text(str(value).lower() if isinstance(value, bool) else str(value))


def _as_text(value: str) -> str:
    # A payee's name that a spreadsheet would take for a formula stays a name.
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
