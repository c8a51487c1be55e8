"""The journal that is written: one process, one connection, one lock; `append` is its only write.

Its folder holds `head` (see `head`) and one `YYYY-MM.db` a month (see `segment`); `lock` (flock, the pid inside) lies
beside the folder, because who has it runs the whole terminal.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

from pos_app.clock import Clock, stamp
from pos_app.domain.events import Event, NoticeRead
from pos_app.domain.fold import Record, apply, fold
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal import codec
from pos_app.journal.chain import GENESIS, Row, Tip
from pos_app.journal.errors import JournalFailed, JournalInUse, JournalLocked
from pos_app.journal.head import HeadMirror
from pos_app.journal.layout import TERMINAL, as_record, chain_continues, check_seals, segment_names
from pos_app.journal.segment import Opening, Segment


class PaymentJournal(Protocol):
    """What the terminal needs of its journal."""

    @property
    def payments(self) -> Mapping[str, Payment]:
        """Every payment that is open, and those of this month, by id, oldest first."""
        ...

    @property
    def operations(self) -> int:
        """How many payments this terminal has begun, ever."""
        ...

    def append(self, payment_id: str, event: Event) -> Payment:
        """Make `event` durable and return the payment after it. Only when this has returned may the effect follow.

        Raises ImpossibleEvent before anything was written, JournalFailed when it could not be made durable.
        """
        ...


class Journal:
    """The journal in `folder`, open and verified. Use `Journal.open`."""

    def __init__(self, folder: Path, clock: Clock, lock: int) -> None:
        self._folder = folder
        self._clock = clock
        self._lock_file = lock
        self._writing = threading.Lock()
        self._head = HeadMirror(folder / "head")
        self._failure: str | None = None
        self._tip = Tip()
        self._operations = 0
        self._payments: dict[str, Payment] = {}
        self._segment: Segment | None = None

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """Take the journal in `folder`, made if it isn't there.

        Raises JournalInUse when another process has it, JournalLocked when what is stored doesn't verify,
        JournalFailed when the disk refuses.
        """
        with _disk_refusals(f"The journal in {folder} can't be opened"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            journal = cls(folder, clock, _take_lock(folder.parent / "lock"))
            try:
                journal._start()
            except BaseException:
                journal.close()
                raise
        return journal

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def payments(self) -> Mapping[str, Payment]:
        """See PaymentJournal."""
        return self._payments

    @property
    def operations(self) -> int:
        """See PaymentJournal."""
        return self._operations

    def records_of(self, payment_id: str) -> list[Record]:
        """All records of one payment, oldest first."""
        assert self._segment is not None
        names = self._segment.opening.carried.get(payment_id, [])
        rows = [*_carried_rows(self._folder, {payment_id: names}), *self._segment.rows([payment_id])]
        return [as_record(row) for row in rows]

    def append(self, payment_id: str, event: Event) -> Payment:
        """See PaymentJournal. After a failure every further append fails too: what is on disk is then unknown."""
        with self._writing:
            if self._failure is not None:
                raise JournalFailed(self._failure)
            moment = stamp(self._clock)
            before = self._payments.get(payment_id) or Payment(payment_id)
            after = before if payment_id == TERMINAL else apply(before, moment, event)
            row = Row(
                self._tip.seq + 1,
                payment_id,
                type(event).__name__,
                moment.utc,
                moment.boot_id,
                moment.elapsed,
                codec.encode(event),
                "",
            )
            self._make_durable(row)
            if payment_id != TERMINAL:
                self._payments[payment_id] = after
            self._operations += isinstance(event, NoticeRead)
            if after.state is State.CLOSED and before.state is not State.CLOSED:
                self._checkpoint()
            return after

    def _make_durable(self, row: Row) -> None:
        assert self._segment is not None
        try:
            with _disk_refusals("The journal can't be written"):
                row = replace(row, hash=self._segment.link_after(self._tip, row))
                self._segment.append(row)
                self._head.write(Tip(row.seq, row.hash))
        except JournalFailed as error:
            # After a failed sync nobody knows what the disk holds; the next commit may "succeed" (reliability.md D6).
            self._failure = str(error)
            raise
        self._tip = Tip(row.seq, row.hash)

    def _checkpoint(self) -> None:
        assert self._segment is not None
        try:
            self._segment.checkpoint()
        except sqlite3.Error as error:
            self._failure = f"The journal can't be written: {error}."

    def roll(self) -> None:
        """Begin this month's segment if the open one is of an earlier month. Call it while nobody pays."""
        with self._writing, _disk_refusals("The journal can't begin a new month"):
            month = self._month()
            if self._segment is not None and month > self._segment.opening.name:
                self._begin_segment(month)

    def close(self) -> None:
        """Let go of everything. May be called twice."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._head.close()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    # --- start -----------------------------------------------------------------------------------

    def _start(self) -> None:
        names = segment_names(self._folder)
        had_head = (self._folder / "head").exists()
        head = self._head.open()
        if not names:
            if had_head and head is not None:
                raise JournalLocked("The journal's records are gone, its head is still there.")
            self._segment = Segment.create(self._path(self._month()), Opening(self._month(), 1, GENESIS))
            return
        check_seals(self._folder, names)
        self._segment = Segment.open(self._path(names[-1]))
        self._tip = self._segment.verify()
        self._compare(head)
        self._fold()
        self.roll()

    def _compare(self, head: Tip | None) -> None:
        assert self._segment is not None
        if not chain_continues(self._segment, self._tip, head):
            known = head.seq if head else 0
            raise JournalLocked(f"The journal ends at record {self._tip.seq}, its head at {known}: records were lost.")
        if head != self._tip and self._tip.seq:
            self._head.write(self._tip)

    def _fold(self) -> None:
        assert self._segment is not None
        opening = self._segment.opening
        rows = [*_carried_rows(self._folder, opening.carried), *self._segment.rows()]
        self._payments = fold(record for record in map(as_record, rows) if record.payment_id != TERMINAL)
        self._operations = opening.operations + sum(
            row.name == NoticeRead.__name__ and row.seq >= opening.first_seq for row in rows
        )

    def _begin_segment(self, month: str) -> None:
        assert self._segment is not None
        old = self._segment
        still_open = {payment_id for payment_id, payment in self._payments.items() if payment.is_open}
        carried = {
            payment_id: [*old.opening.carried.get(payment_id, []), old.opening.name]
            for payment_id in self._payments
            if payment_id in still_open
        }
        opening = Opening(
            month, self._tip.seq + 1, self._tip.hash if self._tip.seq else GENESIS, self._operations, carried
        )
        self._segment = Segment.create(self._path(month), opening)
        self._payments = {key: payment for key, payment in self._payments.items() if key in still_open}
        old.checkpoint()
        old.close()

    def _month(self) -> str:
        return self._clock.utc().strftime("%Y-%m")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"


def _carried_rows(folder: Path, carried: Mapping[str, list[str]]) -> Iterator[Row]:
    for name in sorted({name for names in carried.values() for name in names}):
        segment = Segment.open_reading(folder / f"{name}.db")
        try:
            yield from list(segment.rows(carried))
        finally:
            segment.close()


def _take_lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.read(handle, 32).decode("ascii", "replace").strip() or "?"
        os.close(handle)
        raise JournalInUse(f"Another process runs this terminal: pid {pid}.") from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


@contextmanager
def _disk_refusals(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise JournalFailed(f"{what}: {error}.") from error
        raise JournalLocked(f"{what}: {error}.") from error
    except OSError as error:
        raise JournalFailed(f"{what}: {error.strerror or error}.") from error
