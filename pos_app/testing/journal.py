"""The journal in memory: honours the contract of the real one, and dies with the world instead of the process."""

from collections.abc import Mapping

from pos_app.clock import Clock, later, stamp
from pos_app.domain.events import Event, NoticeRead, Stamp
from pos_app.domain.fold import Record, apply, fold
from pos_app.domain.payment import Payment
from pos_app.journal import codec
from pos_app.journal.errors import JournalFailed, JournalFull
from pos_app.journal.layout import TERMINAL
from pos_app.journal.reserve import BEGINS
from pos_app.testing.faults import Misfortune


class MemoryJournal:
    """Keeps canonical JSON, as the real one does. `reopened()` is what the next process finds.

    Its disk can be told to misbehave: `full`, as if nothing but the reserve were left (K1), `broken` (K2).
    """

    def __init__(self, clock: Clock, misfortune: Misfortune, lines: list[tuple[Record, str]] | None = None) -> None:
        self._clock = clock
        self._misfortune = misfortune
        self._lines = lines if lines is not None else []
        self._latest = max((record.stamp for record, _ in self._lines), key=lambda known: known.utc, default=None)
        self.full = False
        self.broken = False
        self._payments = fold(
            Record(record.seq, record.payment_id, record.stamp, codec.decode(body))
            for record, body in self._lines
            if record.payment_id != TERMINAL
        )

    @property
    def payments(self) -> Mapping[str, Payment]:
        """See PaymentJournal."""
        return self._payments

    @property
    def operations(self) -> int:
        """See PaymentJournal."""
        return sum(isinstance(record.event, NoticeRead) for record, _ in self._lines)

    @property
    def latest(self) -> Stamp | None:
        """See PaymentJournal."""
        return self._latest

    @property
    def degraded(self) -> str | None:
        """See PaymentJournal."""
        if self.broken:
            return "The journal can't be written: disk I/O error."
        return "The disk is full." if self.full else None

    @property
    def records(self) -> list[Record]:
        """All records, oldest first."""
        return [record for record, _ in self._lines]

    def append(self, payment_id: str, event: Event) -> Payment:
        """See PaymentJournal; the process may end just before or just after the record became durable."""
        self._misfortune.maybe_kill()
        moment = stamp(self._clock)
        before = self._payments.get(payment_id) or Payment(payment_id)
        after = before if payment_id == TERMINAL else apply(before, moment, event)
        self._refuse(event)
        self._lines.append((Record(len(self._lines) + 1, payment_id, moment, event), codec.encode(event)))
        self._latest = later(self._latest, moment)
        self._misfortune.maybe_kill()
        if payment_id != TERMINAL:
            self._payments[payment_id] = after
        return after

    def reopened(self) -> "MemoryJournal":
        """What the next process reads from the same lines."""
        return MemoryJournal(self._clock, self._misfortune, self._lines)

    def _refuse(self, event: Event) -> None:
        if self.broken:
            raise JournalFailed(str(self.degraded))
        if self.full and type(event) in BEGINS:
            raise JournalFull(str(self.degraded))
