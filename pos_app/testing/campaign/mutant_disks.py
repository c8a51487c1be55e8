"""Disks of wrong terminals: what they say is durable isn't, or nobody looks whether all of it is there."""

import sqlite3
from contextlib import closing
from pathlib import Path

from pos_app.domain import events as e
from pos_app.domain.fold import Record
from pos_app.domain.payment import Payment
from pos_app.journal.chain import Tip
from pos_app.journal.head import HeadMirror
from pos_app.journal.journal import PaymentJournal
from pos_app.testing.campaign.disk import Disk, FolderDisk, MemoryDisk


class _AsItIs:
    """The disk behind, unchanged."""

    def __init__(self, inner: Disk) -> None:
        self._inner = inner

    def open(self) -> PaymentJournal:
        """See Disk."""
        return self._inner.open()

    def let_go(self) -> None:
        """See Disk."""
        self._inner.let_go()

    def records(self) -> list[Record]:
        """See Disk."""
        return self._inner.records()

    def payments_of_all_months(self) -> dict[str, Payment]:
        """See Disk."""
        return self._inner.payments_of_all_months()

    def text_of(self, event: e.Event) -> str:
        """See Disk."""
        return self._inner.text_of(event)

    def refold(self) -> None:
        """See Disk."""
        self._inner.refold()


class LyingDisk(_AsItIs):
    """Says that a record is durable before it is: at the first power cut the last ones are gone."""

    def __init__(self, inner: Disk) -> None:
        super().__init__(inner)
        self._to_lose = 3

    def let_go(self) -> None:
        """See Disk."""
        if isinstance(self._inner, MemoryDisk):
            self._inner.cut(min(self._to_lose, len(self._inner.lines)))
            self._to_lose = 0
        super().let_go()


class HeadlessDisk(_AsItIs):
    """Takes whatever the chain ends in for its head: a journal that was cut short is as good as any."""

    @property
    def folder(self) -> Path:
        """Where the files are."""
        assert isinstance(self._inner, FolderDisk)
        return self._inner.folder

    def open(self) -> PaymentJournal:
        """See Disk."""
        for path in self.folder.glob("journal/*.db"):
            _head_from_chain(path)
        return super().open()


def _head_from_chain(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        last = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    head = path.parent / "head"
    if last is not None and head.exists():
        head.unlink()
        mirror = HeadMirror(head)
        mirror.open()
        mirror.write(Tip(*last))
        mirror.close()
