"""A durable record against the least that could be durable, and how long a journal of five years takes to be ready.

One record: `Journal.append`, which commits it and writes the head beside the chain, against two bare writes with
fdatasync of the same text, to files that grow as a log does, on the same disk, in turns that swap their order. Goal:
1.5 or less. Between them stands what SQLite alone takes (WAL, synchronous=FULL, one row of the same text, and the
head): what is above it is ours, what is below it the database's. Our part is processor time: the faster the disk, the
higher the ratio. Ready: `Journal.open` on five years at 300 sales a day, on the evening before the month is sealed:
seconds and memory, in a process of its own.

    scripts/bench journal
"""

import argparse
import gc
import itertools
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pos_app.domain.events import Event, NoticeRead, ReceiptPrinted
from pos_app.journal import codec
from pos_app.journal.head import SLOT
from pos_app.journal.journal import Journal
from pos_app.testing.campaign import schedule
from pos_app.testing.campaign.plan import Plan
from pos_app.testing.clock import VirtualClock

GOAL = 1.5
YEARS, SALES_A_DAY, SOME_SALES = 5, 300, 20
FIRST_DAY = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
LAST_DAY = datetime(2026 + YEARS - 1, 12, 31, 18, 0, tzinfo=UTC)


def main() -> None:
    """Print the ratio, then what five years cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=800)
    parser.add_argument("--whole", action="store_true", help="write the sealed months in full too: 3 GB, half an hour")
    parser.add_argument("--open", type=Path, help="only open this journal and tell what it took")
    options = parser.parse_args()
    if options.open is not None:
        opened(options.open)
        return
    with folder() as place:
        appends(place, options.records)
        replay(place, whole=options.whole)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk that the checkout is on: a RAM disk would sync for nothing."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as made:
        yield Path(made)


def one_sale() -> list[Event]:
    """The records of a whole payment, as the terminal makes them."""
    return schedule.records(Plan(1))


# --- one record ----------------------------------------------------------------------------------


def appends(place: Path, count: int) -> None:
    """All three in turn, each time in the other order."""
    records = itertools.cycle(one_sale())
    with Journal.open(place / "appends" / "journal", VirtualClock()) as journal:
        bare, database = Bare(place / "bare"), BareDatabase(place / "database")
        sale, payment_id = itertools.count(), ""
        times: dict[str, list[float]] = {"ours": [], "database": [], "bare": []}
        gc.disable()
        for number in range(count):
            event = next(records)
            payment_id = f"payment-{next(sale):08d}" if isinstance(event, NoticeRead) else payment_id
            body = codec.encode(event)
            turn: list[tuple[str, Callable[[], object]]] = [
                ("ours", partial(journal.append, payment_id, event)),
                ("database", partial(database.append, body)),
                ("bare", partial(bare.append, body.encode())),
            ]
            for name, work in turn[:: 1 if number % 2 else -1]:
                times[name].append(seconds(work))
            if isinstance(event, ReceiptPrinted):
                database.checkpoint()
        gc.enable()
        bare.close()
        database.close()
    show(times)


class Bare:
    """Two files, two writes, two syncs."""

    def __init__(self, path: Path) -> None:
        self._log = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._head = Head(path.with_suffix(".head"))

    def append(self, body: bytes) -> None:
        """The record, then the head."""
        os.write(self._log, body)
        os.fdatasync(self._log)
        self._head.write()

    def close(self) -> None:
        """Let go."""
        os.close(self._log)
        self._head.close()


class BareDatabase:
    """One row a record, committed as durably as ours, then the head; no chain, no fold."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path.with_suffix(".db"), isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        self._head = Head(path.with_suffix(".head"))

    def append(self, body: str) -> None:
        """The record, then the head."""
        self._connection.execute("INSERT INTO record (body) VALUES (?)", (body,))
        self._head.write()

    def checkpoint(self) -> None:
        """As the journal does it behind each payment."""
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Let go."""
        self._connection.close()
        self._head.close()


class Head:
    """A sector that is written over."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def write(self) -> None:
        """Make it durable."""
        os.pwrite(self._file, bytes(SLOT), 0)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go."""
        os.close(self._file)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(times: dict[str, list[float]]) -> None:
    """The medians, and each against the bare writes; the mean of ours too, which has the checkpoints in it."""
    floor = statistics.median(times["bare"])
    names = {"ours": "a record with its head", "database": "SQLite alone, and a head", "bare": "two bare writes"}
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{names[name]:<26} median {median * 1000:7.3f} ms = {median / floor:.2f} x bare", end="")
        print(f"   mean {statistics.fmean(taken) * 1000:7.3f} ms   of {len(taken)}")
    print(f"record / bare = {statistics.median(times['ours']) / floor:.2f}   (goal: at most {GOAL})")


# --- five years ----------------------------------------------------------------------------------


def replay(place: Path, *, whole: bool) -> None:
    """Write them as fast as a RAM disk lets us, then open them in a process of their own."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else place, prefix=".bench-") as made:
        journal = Path(made) / "journal"
        records = write_years(journal, whole=whole)
        told = subprocess.run(
            [sys.executable, __file__, "--open", journal], check=True, capture_output=True, text=True, env=os.environ
        )
        took = json.loads(told.stdout)
        size = sum(file.stat().st_size for file in journal.glob("*.db")) / 1024**2
    sealed = "in full" if whole else f"with {SOME_SALES} sales each, for a start reads no more of them than their ends"
    print(f"{YEARS} years: {12 * YEARS - 1} sealed months {sealed}; a month of {SALES_A_DAY} sales a day")
    print(f"{records} records, {size:.0f} MiB: ready in {took['seconds']:.2f} s", end=" ")
    print(f"with {took['megabytes']:.0f} MiB of memory, {took['payments']} payments")


def write_years(folder: Path, *, whole: bool) -> int:
    """A journal as so many days of whole payments leave it; how many records that is."""
    clock, sale, written = VirtualClock(), one_sale(), 0
    clock.jump((FIRST_DAY - clock.utc()).total_seconds())
    with Journal.open(folder, clock, allow_volatile=True, reserve_bytes=4096) as journal:
        for day, sales in days(whole=whole):
            clock.jump((day - clock.utc()).total_seconds())
            journal.roll()
            for number, event in itertools.product(range(sales), sale):
                journal.append(f"{day:%Y%m%d}-{number:04d}", event)
                written += 1
    return written


def days(*, whole: bool) -> Iterator[tuple[datetime, int]]:
    """Every day on which something is sold, and how much."""
    day = FIRST_DAY
    while day <= LAST_DAY:
        is_last_month = (day.year, day.month) == (LAST_DAY.year, LAST_DAY.month)
        if whole or is_last_month:
            yield day, SALES_A_DAY
        elif day.day == 1:
            yield day, SOME_SALES
        day += timedelta(days=1)


def opened(journal: Path) -> None:
    """Open it as the terminal does, and tell what that took."""
    clock = VirtualClock()
    clock.jump((LAST_DAY - clock.utc()).total_seconds())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    with Journal.open(journal, clock, allow_volatile=True, reserve_bytes=4096) as found:
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": took, "megabytes": (after - before) / 1024, "payments": len(found.payments)}))


if __name__ == "__main__":
    main()
