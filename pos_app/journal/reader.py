"""Reading the journal from any process, also while the terminal runs or hangs."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.domain.fold import Record, fold
from pos_app.domain.payment import Payment
from pos_app.journal.chain import Tip
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
        for segment in self._segments():
            yield from map(as_record, segment.rows())

    def payments(self) -> dict[str, Payment]:
        """All payments, oldest first. Raises JournalLocked."""
        return fold(record for record in self.records() if record.payment_id != TERMINAL)

    def verify(self) -> Tip:
        """Walk every chain, every seal and the head; return the last link. Raises JournalLocked with what is wrong."""
        before = self._head()  # read first: while the terminal runs the chain only grows meanwhile
        tip = Tip()
        with _sqlite_can_read():
            check_seals(self._folder, segment_names(self._folder))
        for segment in self._segments():
            tip = segment.verify()
        self._compare(before or Tip(), tip, self._head() or Tip())
        return tip

    def _compare(self, before: Tip, tip: Tip, after: Tip) -> None:
        known = {0: Tip().hash} | {row.seq: row.hash for segment in self._segments() for row in segment.rows()}
        if known.get(before.seq) != before.hash or tip.seq > after.seq + 1:
            raise JournalLocked(f"The journal ends at record {tip.seq}, its head at {before.seq}: records were lost.")

    def _head(self) -> Tip | None:
        path = self._folder / "head"
        return read_head(path) if path.exists() else None

    def _segments(self) -> Iterator[Segment]:
        for name in segment_names(self._folder):
            with _sqlite_can_read():
                segment = Segment.open_reading(self._folder / f"{name}.db")
            try:
                with _sqlite_can_read():
                    yield segment
            finally:
                segment.close()


@contextmanager
def _sqlite_can_read() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalLocked(f"The journal can't be read: {error}.") from error
