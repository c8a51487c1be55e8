"""Reading the journal from any process, also while the terminal runs or hangs."""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.domain.events import Event
from pos_app.domain.fold import Record, fold
from pos_app.domain.payment import Payment
from pos_app.journal.chain import Tip
from pos_app.journal.disk import UNREADABLE
from pos_app.journal.errors import JournalLocked
from pos_app.journal.head import read_head
from pos_app.journal.layout import TERMINAL, as_record, check_seals, segment_names
from pos_app.journal.segment import Segment


class JournalReader:
    """The journal in `folder`, read only. Every call opens and closes what it needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> Iterator[Record]:
        """All records, oldest first. Raises JournalLocked."""
        with _sqlite_can_read():
            for segment in self._segments(segment_names(self._folder)):
                yield from map(as_record, segment.rows())

    def records_since(self, month: str) -> Iterator[Record]:
        """All records of this month (`2026-11`) and later, and those of the segment before, each once it is verified.

        Raises JournalLocked.
        """
        names = segment_names(self._folder)
        with _sqlite_can_read():
            for segment in self._segments(names[max(0, bisect_left(names, month) - 1) :]):
                yield from map(as_record, segment.verified_rows())

    def newest_first(self, kinds: Collection[type[Event]]) -> Iterator[Event]:
        """The events of these kinds, of the terminal itself too. Raises JournalLocked."""
        names = frozenset(kind.__name__ for kind in kinds)
        with _sqlite_can_read():
            for segment in self._segments(segment_names(self._folder)[::-1]):
                yield from (as_record(row).event for row in segment.rows_backwards() if row.name in names)

    def payments(self) -> dict[str, Payment]:
        """All payments, oldest first. Raises JournalLocked."""
        return fold(record for record in self.records() if record.payment_id != TERMINAL)

    def verify_sealed(self) -> None:
        """Walk the chain of every month but the open one. Raises JournalLocked."""
        with _sqlite_can_read():
            for segment in self._segments(segment_names(self._folder)[:-1]):
                segment.verify()

    def verify(self) -> Tip:
        """Walk every chain, every seal and the head; return the last link. Raises JournalLocked with what is wrong."""
        with _sqlite_can_read():
            return self._verify(self._head() or Tip(), segment_names(self._folder))

    def _verify(self, before: Tip, names: list[str]) -> Tip:
        # The head was read first: while the terminal runs the chain only grows meanwhile.
        check_seals(self._folder, names)
        tip, fits = Tip(), before == Tip()
        for segment in self._segments(names):
            end = Tip(segment.opening.first_seq - 1, segment.opening.previous_hash)
            fits |= end == before
            for row in segment.verified_rows():
                end = Tip(row.seq, row.hash)
                fits |= end == before
            tip = end
        if not fits or tip.seq > (self._head() or Tip()).seq + 1:
            raise JournalLocked(f"The journal ends at record {tip.seq}, its head at {before.seq}: records were lost.")
        return tip

    def _head(self) -> Tip | None:
        path = self._folder / "head"
        return read_head(path) if path.exists() else None

    def _segments(self, names: list[str]) -> Iterator[Segment]:
        for name in names:
            segment = Segment.open_reading(self._folder / f"{name}.db")
            try:
                yield segment
            finally:
                segment.close()


@contextmanager
def _sqlite_can_read() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise JournalLocked(f"The journal can't be read: {error}.") from error
