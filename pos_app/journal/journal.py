"""The journal that is written: one process, one connection, one lock; `append` is its only write.

Its folder holds `head` (see `head`) and one `YYYY-MM.db` a month (see `segment`); beside the folder lie `lock` (flock,
the pid inside), because who has it runs the whole terminal, `reserve` (see `reserve`), and `provisioned`.
"""

import fcntl
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, Self

from pos_app.clock import Clock, stamp
from pos_app.domain.events import Event, Stamp
from pos_app.domain.fold import Record, apply
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal import codec
from pos_app.journal.chain import Row
from pos_app.journal.disk import disk_refusals, why_volatile
from pos_app.journal.errors import JournalFailed, JournalFull, JournalInUse
from pos_app.journal.layout import TERMINAL, as_record, carried_rows, refuse_if_gone
from pos_app.journal.reserve import BEGINS, RESERVE_BYTES, Reserve
from pos_app.journal.segment import Opening
from pos_app.journal.standing import Standing
from pos_app.journal.store import Store


class PaymentJournal(Protocol):
    """What the terminal needs of its journal."""

    @property
    def payments(self) -> Mapping[str, Payment]:
        """Every payment that is open or in front of a person, and those of this month, by id, oldest first."""
        ...

    @property
    def operations(self) -> int:
        """How many payments this terminal has begun, ever."""
        ...

    @property
    def latest(self) -> Stamp | None:
        """The stamp with the latest wall clock among the records: it has been that far. None before the first."""
        ...

    @property
    def degraded(self) -> str | None:
        """Why no new payment may begin, in a sentence; None while all is well. One under way is shown as it is."""
        ...

    def append(self, payment_id: str, event: Event) -> Payment:
        """Make `event` durable and return the payment after it. Only when this has returned may the effect follow.

        Raises ImpossibleEvent before anything was written, JournalFailed when it could not be made durable:
        JournalFull where this event alone would begin something that the disk has no room for; any other one goes
        for all further events too, until `reopen`.
        """
        ...


class Journal:
    """The journal in `folder`, open and verified. Use `Journal.open`."""

    def __init__(self, folder: Path, clock: Clock, lock: int, reserve: Reserve) -> None:
        self._folder = folder
        self._clock = clock
        self._lock_file = lock
        self._reserve = reserve
        self._writing = threading.Lock()
        self._store = Store(folder, reserve)
        self._standing = Standing(folder)

    @classmethod
    def open(
        cls, folder: Path, clock: Clock, *, allow_volatile: bool = False, reserve_bytes: int = RESERVE_BYTES
    ) -> Self:
        """Take the journal in `folder`, made if it isn't there; on a medium that forgets only if `allow_volatile`.

        Raises JournalInUse when another process has it, JournalLocked when what is stored doesn't verify,
        JournalFailed when the disk refuses.
        """
        with disk_refusals(f"The journal in {folder} can't be opened"):
            refuse_if_gone(folder)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not allow_volatile:
                _refuse_volatile(folder)
            reserve = Reserve(folder.parent / "reserve", reserve_bytes)
            journal = cls(folder, clock, take_lock(folder.parent / "lock"), reserve)
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
        return self._standing.payments

    @property
    def operations(self) -> int:
        """See PaymentJournal."""
        return self._standing.operations

    @property
    def latest(self) -> Stamp | None:
        """See PaymentJournal."""
        return self._standing.latest

    @property
    def degraded(self) -> str | None:
        """See PaymentJournal. A missing reserve is made again by `roll`; after a refusal of the disk, `reopen`."""
        return self._store.degraded

    def records_of(self, payment_id: str) -> list[Record]:
        """All records of one payment, oldest first."""
        earlier = carried_rows(self._folder, {payment_id: self._standing.segments_of(payment_id)})
        return [as_record(row) for row in (*earlier, *self._store.segment.rows()) if row.payment_id == payment_id]

    def recall(self, wanted: str) -> Payment | None:
        """The payment of this id or operation number, of whatever month; None where the journal has none.

        One that was closed in an earlier month is read from its segments, each walked, and is among `payments` from
        then on; what is appended to it goes into the open segment. Raises JournalLocked, JournalFailed.
        """
        with self._writing, disk_refusals("An earlier month of the journal can't be read"):
            return self._standing.recall(wanted)

    def append(self, payment_id: str, event: Event) -> Payment:
        """See PaymentJournal."""
        with self._writing:
            moment = stamp(self._clock)
            before = self._standing.payments.get(payment_id) or Payment(payment_id)
            after = before if payment_id == TERMINAL else apply(before, moment, event)
            row = Row(
                self._store.tip.seq + 1,
                payment_id,
                type(event).__name__,
                moment.utc,
                moment.boot_id,
                moment.elapsed,
                codec.encode(event),
                "",
            )
            self._store.write(row, begins=type(event) in BEGINS)
            self._standing.take(after, moment, event)
            if after.state is State.CLOSED and before.state is not State.CLOSED:
                self._store.checkpoint()
            return after

    def roll(self) -> None:
        """Begin this month's segment if the open one is of an earlier month, and make up a missing reserve.

        Call it while nobody pays. What the disk refuses is in `degraded`.
        """
        with self._writing, suppress(JournalFailed):
            self._store.make_reserve()
            self._roll()

    def reopen(self) -> None:
        """After the disk refused: read and verify everything again, as a start does, and write on if it fits.

        What could not be written is not in it. Raises JournalLocked, JournalFailed.
        """
        with self._writing, disk_refusals(f"The journal in {self._folder} can't be opened again"):
            self._store.close()
            self._store = Store(self._folder, self._reserve)
            self._start()

    def close(self) -> None:
        """Let go of everything. May be called twice."""
        self._store.close()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    # --- start -----------------------------------------------------------------------------------

    def _start(self) -> None:
        rows = self._store.open(self._month())
        first = list(islice(rows, 1))  # by now the segment is open, and says what it goes on with
        self._standing.read(self._store.segment, chain(first, rows))
        with suppress(JournalFull):
            self._roll()

    def _roll(self) -> None:
        before, tip, month = self._store.segment.opening, self._store.tip, self._month()
        if month <= before.name or self._store.degraded is not None:
            return
        carried = self._standing.carried_from(before.name)
        self._store.begin_segment(Opening(month, tip.seq + 1, tip.hash, self._standing.operations, carried))
        self._standing.leave_behind(carried)

    def _month(self) -> str:
        return self._clock.utc().strftime("%Y-%m")


def take_lock(path: Path) -> int:
    """The file descriptor that holds this terminal's lock. Raises JournalInUse naming the process that has it."""
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


def _refuse_volatile(folder: Path) -> None:
    reason = why_volatile(folder)
    if reason is not None:
        raise JournalFailed(f"The journal in {folder} would lie on {reason}: put [terminal] state_dir on a disk.")
