"""What can still be read of a journal that doesn't verify. Writes nothing, and never gives up half-way.

A record counts where its hash fits the record before it; what doesn't fit is kept as text, for a person to read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pos_app.domain.events import NoticeRead
from pos_app.domain.fold import Record, apply
from pos_app.domain.payment import Payment
from pos_app.domain.states import ImpossibleEvent, State
from pos_app.journal import codec
from pos_app.journal.chain import Row, Tip, link
from pos_app.journal.disk import UNREADABLE
from pos_app.journal.errors import JournalLocked
from pos_app.journal.head import read_head
from pos_app.journal.layout import TERMINAL, as_record, segment_names
from pos_app.journal.segment import Segment

_UNREADABLE = (*UNREADABLE, JournalLocked)


@dataclass(frozen=True)
class Salvaged:
    """One payment as far as its readable records follow from each other, and the text of those that don't."""

    payment: Payment
    records: tuple[Record, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def was_open(self) -> bool:
        """Whether it was open, or may have been: something of it can't be read."""
        return self.payment.state is not State.CLOSED or bool(self.unread)

    def with_record(self, record: Record, *, keep: bool) -> "Salvaged":
        """The same one record later, which is kept or only taken in."""
        try:
            payment = apply(self.payment, record.stamp, record.event)
        except (ImpossibleEvent, ValueError):  # what it follows is missing
            return self.with_text(codec.encode(record.event))
        return replace(self, payment=payment, records=(*self.records, record) if keep else ())

    def with_text(self, text: str) -> "Salvaged":
        """The same with something that doesn't follow."""
        return replace(self, unread=(*self.unread, text))


@dataclass
class Wreck:
    """All that is left of a journal. `tip` is the end of the chain as its head, or else its last record, names it."""

    tip: Tip = field(default_factory=Tip)
    start: int | None = None
    readable: int = 0
    begun: int = 0
    strays: list[Record] = field(default_factory=list)
    payments: dict[str, Salvaged] = field(default_factory=dict)

    @property
    def kept(self) -> list[Salvaged]:
        """The payments that a new journal must know: open ones, and those that are in front of a person."""
        return [one for one in self.payments.values() if one.was_open or one.payment.needs_person]

    @property
    def operations(self) -> int:
        """How many payments were begun, at the most: no number on paper may come twice, so every lost record counts."""
        return self.begun + max(0, self.tip.seq - (self.start or 0) - self.readable)


def salvage(folder: Path) -> Wreck:
    """Read all that can be read of the journal in `folder`; twice, so that only what matters is kept in memory."""
    wanted = {one.payment.id for one in _read(folder, lambda _: False).kept}
    return _read(folder, wanted.__contains__)


def _read(folder: Path, keep: Callable[[str], bool]) -> Wreck:
    wreck = Wreck()
    for name in segment_names(folder):
        _take_segment(wreck, folder / f"{name}.db", keep)
    head = _head(folder / "head")
    if head is not None and head.seq >= wreck.tip.seq:
        wreck.tip = head
    return wreck


def _head(path: Path) -> Tip | None:
    try:
        return read_head(path)
    except OSError:
        return None


def _take_segment(wreck: Wreck, path: Path, keep: Callable[[str], bool]) -> None:
    try:
        segment = Segment.open_reading(path)
    except _UNREADABLE:
        return
    try:
        opening = segment.opening
        wreck.begun = max(wreck.begun, opening.operations)
        wreck.start = opening.first_seq - 1 if wreck.start is None else wreck.start
        for payment_id, names in opening.carried.items():  # open at the time, though nothing of it may be readable
            unseen = Salvaged(Payment(payment_id)).with_text(f"open, its records in {', '.join(names)}")
            wreck.payments.setdefault(payment_id, unseen)
        before = Tip(opening.first_seq - 1, opening.hash)
        for row in _readable(segment):
            fits = row.seq == before.seq + 1 and link(before.hash, row) == row.hash
            _take_row(wreck, row, keep, fits=fits)
            before = Tip(row.seq, row.hash)
    finally:
        segment.close()


def _take_row(wreck: Wreck, row: Row, keep: Callable[[str], bool], *, fits: bool) -> None:
    if row.seq > wreck.tip.seq and _is_hash(row.hash):
        wreck.tip = Tip(row.seq, row.hash)
    record = _record(row) if fits else None
    payment_id = _printable(row.payment_id)
    known = wreck.payments.get(payment_id) or Salvaged(Payment(payment_id))
    if record is None:
        wreck.payments[payment_id] = known.with_text(_printable(row.body))
        return
    wreck.readable += 1
    if payment_id == TERMINAL:
        wreck.strays.append(record)
        return
    wreck.begun += isinstance(record.event, NoticeRead)
    wreck.payments[payment_id] = known.with_record(record, keep=keep(payment_id))


def _record(row: Row) -> Record | None:
    try:
        return as_record(row)
    except JournalLocked:
        return None


def _readable(segment: Segment) -> Iterator[Row]:
    """The rows from the start as far as they can be read, then those from the end, in order."""
    last = 0
    try:
        for row in segment.rows():
            last = row.seq
            yield row
    except _UNREADABLE:
        yield from reversed(list(_from_the_end(segment, last)))


def _from_the_end(segment: Segment, last: int) -> Iterator[Row]:
    try:
        for row in segment.rows_backwards():
            if row.seq <= last:
                return
            yield row
    except _UNREADABLE:
        return


def _is_hash(text: str) -> bool:
    return len(text) == len(Tip().hash) and set(text) <= set("0123456789abcdef")


def _printable(text: str) -> str:
    return str(text).encode(errors="backslashreplace").decode()
