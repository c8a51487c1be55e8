"""The journal of a campaign's process, between what writes and what is written: every record is seen."""

from collections.abc import Callable, Mapping

from pos_app.domain.events import Event, Stamp
from pos_app.domain.payment import Payment
from pos_app.journal.errors import JournalFailed
from pos_app.journal.journal import Journal, PaymentJournal
from pos_app.journal.reserve import BEGINS
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.witness import Witness


class WatchedJournal:
    """Implements PaymentJournal: the process may end before and after each record, and the witness sees them all.

    After `fail` every further record is refused, as the real one does after an error of the disk.
    """

    def __init__(self, inner: PaymentJournal, life: Life, witness: Witness, text_of: Callable[[Event], str]) -> None:
        self._inner = inner
        self._life = life
        self._witness = witness
        self._text_of = text_of
        self._failed = False
        witness.payments = inner.payments
        witness.journal_fails = False

    @property
    def payments(self) -> Mapping[str, Payment]:
        """See PaymentJournal."""
        return self._inner.payments

    @property
    def operations(self) -> int:
        """See PaymentJournal."""
        return self._inner.operations

    @property
    def latest(self) -> Stamp | None:
        """See PaymentJournal."""
        return self._inner.latest

    @property
    def degraded(self) -> str | None:
        """See PaymentJournal."""
        return "The journal can't be written." if self._failed else self._inner.degraded

    def append(self, payment_id: str, event: Event) -> Payment:
        """See PaymentJournal."""
        before = self._inner.payments.get(payment_id) or Payment(payment_id)
        self._witness.decided_at = self._witness.clock.true_utc()
        self._life.point("append")
        if type(event) in BEGINS:
            self._life.point("begins")
        if self._failed:
            raise JournalFailed("The journal can't be written.")
        after = self._inner.append(payment_id, event)
        self._witness.payments = self._inner.payments
        self._witness.recorded(payment_id, before, event, self._text_of(event))
        self._witness.latest[payment_id] = after
        self._life.point("appended")
        return after

    def roll(self) -> None:
        """Begin a new month where it is time, as the loop does while nobody pays; memory knows no months."""
        if isinstance(self._inner, Journal) and not self._failed:
            self._inner.roll()
            self._witness.payments = self._inner.payments

    def fail(self) -> None:
        """From now on every record is refused. Raises JournalFailed."""
        self._failed = self._witness.journal_fails = True
        raise JournalFailed("The journal can't be written: Input/output error.")
