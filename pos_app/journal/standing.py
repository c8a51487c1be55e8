"""What the records tell: where every payment stands that is open, in front of a person, of this month or recalled.

The open month is folded at the start, and of earlier months what its opening carries. A closed payment of an earlier
month stays in its sealed segments until somebody names it, or until a later record of the open month goes on with it:
then its own segments are read, each walked.
"""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pos_app.clock import later
from pos_app.domain.events import Event, NoticeRead, Stamp
from pos_app.domain.fold import apply
from pos_app.domain.payment import Payment
from pos_app.domain.states import TRANSITIONS, State
from pos_app.journal.chain import Row
from pos_app.journal.errors import JournalLocked
from pos_app.journal.layout import TERMINAL, as_record, carried_rows, segment_names
from pos_app.journal.segment import Segment

# What a payment's first record can be.
_BEGINNINGS = frozenset(row.event.__name__ for row in TRANSITIONS if row.source is State.READY)


class Standing:
    """The payments of the journal in `folder`, as its records leave them. Construction reads nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._carried: dict[str, list[str]] = {}
        self.payments: dict[str, Payment] = {}
        self.operations = 0
        self.latest: Stamp | None = None

    def segments_of(self, payment_id: str) -> list[str]:
        """The earlier segments that hold records of this payment, as far as it is known here."""
        return self._carried.get(payment_id, [])

    # --- start -----------------------------------------------------------------------------------

    def read(self, segment: Segment, rows: Iterable[Row]) -> None:
        """Fold the open month: what its opening carries or its records go on with, then its `rows`.

        Raises JournalLocked.
        """
        self.payments, self.operations = {}, segment.opening.operations
        self._carried = {**self._gone_on_with(segment), **segment.opening.carried}
        for row in carried_rows(self._folder, self._carried):
            self._fold(self.payments, row)
        for row in rows:
            if row.payment_id not in self.payments and row.name not in _BEGINNINGS and row.payment_id != TERMINAL:
                raise JournalLocked(
                    f"Record {row.seq} of the journal goes on with a payment whose beginning is missing."
                )
            self._fold(self.payments, row)
            self.operations += row.name == NoticeRead.__name__

    def _gone_on_with(self, segment: Segment) -> dict[str, list[str]]:
        strangers = segment.goes_on_with(_BEGINNINGS) - segment.opening.carried.keys() - {TERMINAL}
        return dict(filter(None, (_holding(self._folder, payment_id) for payment_id in strangers)))

    def _fold(self, payments: dict[str, Payment], row: Row) -> None:
        record = as_record(row)
        self.latest = later(self.latest, record.stamp)
        if record.payment_id != TERMINAL:
            payment = payments.get(record.payment_id) or Payment(record.payment_id)
            payments[record.payment_id] = apply(payment, record.stamp, record.event)

    # --- while it runs ---------------------------------------------------------------------------

    def take(self, payment: Payment, moment: Stamp, event: Event) -> None:
        """`payment` as the record that was just written leaves it."""
        self.latest = later(self.latest, moment)
        self.operations += isinstance(event, NoticeRead)
        if payment.id in self.payments:
            self.payments[payment.id] = payment
        elif payment.id != TERMINAL:  # a mapping of its own: another thread may be walking the one before
            self.payments = {**self.payments, payment.id: payment}

    def recall(self, wanted: str) -> Payment | None:
        """The payment of this id or operation number, of whatever month. Raises JournalLocked."""
        for payment in self.payments.values():
            if wanted in (payment.id, payment.operation):
                return payment
        found = self._from_earlier_months(wanted)
        self.payments = {**found, **self.payments}
        return next(iter(found.values()), None)

    def _from_earlier_months(self, wanted: str) -> dict[str, Payment]:
        payments: dict[str, Payment] = {}
        found = _holding(self._folder, wanted)
        if found is not None:
            payment_id, self._carried[payment_id] = found
            for row in carried_rows(self._folder, {payment_id: self._carried[payment_id]}):
                self._fold(payments, row)
        return payments

    # --- the next month --------------------------------------------------------------------------

    def carried_from(self, month: str) -> dict[str, list[str]]:
        """What goes on into the month behind `month`, with the segments that hold it."""
        kept = (payment.id for payment in self.payments.values() if payment.is_open or payment.needs_person)
        return {payment_id: [*self.segments_of(payment_id), month] for payment_id in kept}

    def leave_behind(self, carried: dict[str, list[str]]) -> None:
        """A new month has begun with what is `carried`: all the rest is let go."""
        self._carried = dict(carried)
        self.payments = {payment_id: self.payments[payment_id] for payment_id in carried}


def _holding(folder: Path, wanted: str) -> tuple[str, list[str]] | None:
    """The id of the payment that is named so, and the sealed segments that hold records of it; None where none does."""
    names = segment_names(folder)[:-1]
    for at in reversed(range(len(names))):
        with _sealed(folder, names[at]) as segment:
            payment_id = segment.begun(wanted, _BEGINNINGS)
        if payment_id is not None:
            return payment_id, [name for name in names[at:] if _holds(folder, name, payment_id)]
    return None


def _holds(folder: Path, name: str, payment_id: str) -> bool:
    with _sealed(folder, name) as segment:
        return segment.holds(payment_id)


def _sealed(folder: Path, name: str) -> closing[Segment]:
    return closing(Segment.open_reading(folder / f"{name}.db"))
