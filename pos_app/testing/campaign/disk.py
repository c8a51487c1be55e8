"""What the journal lies on: memory that honours the journal's contract, or the real journal in a folder.

Either way the next process finds what was durable, and nothing that a tidy end would have added.
"""

import os
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Protocol

from pos_app.clock import Clock, stamp
from pos_app.domain.events import Event, NoticeRead, Stamp
from pos_app.domain.fold import Record, apply, fold
from pos_app.domain.payment import Payment
from pos_app.journal import codec
from pos_app.journal.journal import Journal, PaymentJournal
from pos_app.journal.layout import TERMINAL
from pos_app.journal.reader import JournalReader

_SMALL_RESERVE = 64 * 1024


class Disk(Protocol):
    """Where journals are opened, one process after the other."""

    def open(self) -> PaymentJournal:
        """The journal as the next process finds it. Raises JournalError."""
        ...

    def let_go(self) -> None:
        """The process ended: nothing of it writes any more."""
        ...

    def records(self) -> list[Record]:
        """All that is durable, oldest first; while a journal is open."""
        ...

    def payments_of_all_months(self) -> dict[str, Payment]:
        """Every payment that is durable; while a journal is open."""
        ...

    def text_of(self, event: Event) -> str:
        """The text under which the event that was just written lies there."""
        ...

    def refold(self) -> None:
        """Let the next process read everything back, whatever this one knew."""
        ...


class MemoryDisk:
    """Lines of canonical JSON."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: list[tuple[str, Stamp, str]] = []
        self.operations = 0
        self.payments: dict[str, Payment] = {}  # what the lines fold to: `refold` proves it

    def open(self) -> "JournalInMemory":
        """See Disk."""
        return JournalInMemory(self, self._clock)

    def let_go(self) -> None:
        """See Disk."""

    def records(self) -> list[Record]:
        """See Disk."""
        lines = enumerate(self.lines, 1)
        return [Record(seq, payment_id, moment, codec.decode(text)) for seq, (payment_id, moment, text) in lines]

    def payments_of_all_months(self) -> dict[str, Payment]:
        """See Disk."""
        return self.payments

    def refold(self) -> None:
        """Read everything back from the text alone, as a process does that knows nothing."""
        self.payments = fold(record for record in self.records() if record.payment_id != TERMINAL)

    def text_of(self, _event: Event) -> str:
        """See Disk."""
        return self.lines[-1][2]

    def cut(self, records: int) -> None:
        """Lose the last records, as a disk does that said it had synced."""
        del self.lines[len(self.lines) - records :]
        self.refold()
        self.operations = sum('"event":"NoticeRead"' in text for _, _, text in self.lines)


class JournalInMemory:
    """Implements PaymentJournal on a MemoryDisk."""

    def __init__(self, disk: MemoryDisk, clock: Clock) -> None:
        self._disk = disk
        self._clock = clock
        self._payments = dict(disk.payments)

    degraded: str | None = None

    @property
    def payments(self) -> Mapping[str, Payment]:
        """See PaymentJournal."""
        return self._payments

    @property
    def operations(self) -> int:
        """See PaymentJournal."""
        return self._disk.operations

    @property
    def latest(self) -> Stamp | None:
        """See PaymentJournal."""
        return self._disk.lines[-1][1] if self._disk.lines else None

    def append(self, payment_id: str, event: Event) -> Payment:
        """See PaymentJournal."""
        moment = stamp(self._clock)
        before = self._payments.get(payment_id) or Payment(payment_id)
        after = before if payment_id == TERMINAL else apply(before, moment, event)
        self._disk.lines.append((payment_id, moment, codec.encode(event)))
        self._disk.operations += isinstance(event, NoticeRead)
        if payment_id != TERMINAL:
            self._payments[payment_id] = self._disk.payments[payment_id] = after
        return after


class FolderDisk:
    """The real journal in a folder. A process that ends leaves its files as they were at that moment."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._clock = clock
        self._root = folder
        self._numbers = count(1)
        self.folder = folder / "0"
        self.folder.mkdir(parents=True)
        self._journal: Journal | None = None

    def open(self) -> Journal:
        """See Disk."""
        journal = self.open_anew()
        self._journal = journal
        return journal

    def open_anew(self) -> Journal:
        """The journal in the folder, as any process would open it."""
        return Journal.open(self.folder / "journal", self._clock, allow_volatile=True, reserve_bytes=_SMALL_RESERVE)

    def let_go(self) -> None:
        """See Disk: the files are taken aside before the old process's connection tidies them up.

        Aside of its lock too: a process that ended while it opened its journal took its file descriptors with it.
        """
        journal, self._journal = self._journal, None
        left = self._root / str(next(self._numbers))
        _copy(self.folder, left)
        if journal is not None:
            journal.close()
        shutil.rmtree(self.folder)
        self.folder = left

    def records(self) -> list[Record]:
        """See Disk."""
        journal = self._journal
        if journal is None:
            return []
        found = (record for name in (*journal.payments, TERMINAL) for record in journal.records_of(name))
        return sorted(found, key=lambda record: record.seq)

    def payments_of_all_months(self) -> dict[str, Payment]:
        """See Disk."""
        return JournalReader(self.folder / "journal").payments()

    def text_of(self, event: Event) -> str:
        """See Disk."""
        return codec.encode(event)

    def refold(self) -> None:
        """See Disk: the real journal always does."""


def _copy(folder: Path, to: Path) -> None:
    """All files of a folder but `lock`, their bytes and nothing else."""
    to.mkdir()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                _copy(Path(entry.path), to / entry.name)
            elif entry.name != "lock":
                shutil.copyfile(entry.path, to / entry.name)
