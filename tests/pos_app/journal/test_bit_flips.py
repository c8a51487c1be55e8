"""One flipped bit anywhere (reliability.md D4, K5): the journal refuses, or not one record reads otherwise.

POS_CAMPAIGN=full flips thousands. What SQLite alone would have noticed is counted beside it: that is why there is a
chain, and a head.
"""

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from pos_app.domain import events as e
from pos_app.domain.fold import Record
from pos_app.journal.errors import JournalError
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.journal.segment import Segment
from pos_app.testing.clock import VirtualClock

FULL = os.environ.get("POS_CAMPAIGN") == "full"
FLIPS = 3000 if FULL else 60
RESERVE = 4096

Open = Callable[[], Journal]


ENDED = (e.CardDeclined("no"), e.CustomerCancelled(), e.OutcomeIntended("KO", "k", "b"), e.OutcomeAccepted())


@pytest.fixture
def last_payment(until_charged: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
    """Open: its records are in the log alone."""
    return until_charged


@pytest.fixture
def stored(
    open_journal: Open, folder: Path, until_charged: tuple[e.Event, ...], last_payment: tuple[e.Event, ...]
) -> Iterator[Path]:
    """A copy of a journal as a power cut leaves it: closed payments in the database, the last one in the log."""
    kept = folder.with_name("stored")
    with open_journal() as journal:
        for number in range(12):
            journal.append(f"P{number}", until_charged[0])
            journal.append(f"P{number}", e.NoticeRefused("PAA_PAGAMENTO_SCADUTO", "expired"))
        for event in last_payment:
            journal.append("P99", event)
        kept.mkdir()
        for path in folder.iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, kept)
    yield kept
    shutil.rmtree(kept)


class Rig:
    """Flips one bit in a copy of `stored` and says what the next start makes of it."""

    def __init__(self, stored: Path, clock: VirtualClock) -> None:
        self.stored = stored
        self.clock = clock
        self.place = stored.with_name("flipped")
        self.expected = self.records(None)

    def copy(self, name: str | None, bit: int) -> Path:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.stored, self.place / "journal")
        if name is not None:
            path = self.place / "journal" / name
            data = bytearray(path.read_bytes())
            data[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bytes(data))
        return self.place / "journal"

    def records(self, name: str | None, bit: int = 0) -> list[Record] | None:
        """The records after the flip; None where the journal refuses."""
        folder = self.copy(name, bit)
        try:
            with Journal.open(folder, self.clock, allow_volatile=True, reserve_bytes=RESERVE):
                pass
            JournalReader(folder).verify()
            return list(JournalReader(folder).records())
        except JournalError:
            return None

    def chain_alone_notices(self, name: str, bit: int) -> bool:
        """Whether the hash chain alone, without the head, would refuse."""
        try:
            segment = Segment.open_reading(self.copy(name, bit) / "2026-11.db")
            segment.verify()
            segment.close()
        except (JournalError, sqlite3.Error):
            return True
        return False

    def sqlite_alone_notices(self, name: str, bit: int) -> bool:
        """Whether `PRAGMA integrity_check` would have said something."""
        connection = sqlite3.connect(self.copy(name, bit) / "2026-11.db")
        try:
            return bool(connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)])
        except sqlite3.Error:
            return True
        finally:
            connection.close()


@pytest.fixture
def rig(stored: Path, clock: VirtualClock) -> Iterator[Rig]:
    rig = Rig(stored, clock)
    yield rig
    shutil.rmtree(rig.place, ignore_errors=True)


@pytest.mark.slow(reason="sixty journals are copied, flipped and opened for each file")
@pytest.mark.timeout(3600 if FULL else 60)
@pytest.mark.parametrize("name", ["2026-11.db", "2026-11.db-wal", "head"])
def test_a_flipped_bit_is_noticed_or_changes_nothing(rig: Rig, name: str) -> None:
    random = Random(name)
    size = (rig.stored / name).stat().st_size * 8
    assert rig.expected is not None
    assert len(rig.expected) == 31
    seen = Counter[str]()
    for bit in random.sample(range(size), min(FLIPS, size)):
        found = rig.records(name, bit)
        assert found in (None, rig.expected), f"bit {bit} of {name} reads as something else"
        seen["refused" if found is None else "harmless"] += 1
    if name.endswith("-wal"):
        assert seen["refused"] > seen["harmless"], seen


class TestBetweenTwoPayments:
    """The log was moved into the database and lies there still, to be written over by the next payment."""

    @pytest.fixture
    def last_payment(self, until_charged: tuple[e.Event, ...]) -> tuple[e.Event, ...]:
        return (*until_charged, *ENDED)

    @pytest.mark.slow(reason="sixty journals are copied, flipped and opened")
    @pytest.mark.timeout(3600 if FULL else 60)
    def test_a_flip_in_what_is_left_of_the_log_is_noticed_or_changes_nothing(self, rig: Rig) -> None:
        name = "2026-11.db-wal"
        random, size = Random(name), (rig.stored / name).stat().st_size * 8
        assert rig.expected is not None
        assert len(rig.expected) == 35
        for bit in random.sample(range(size), min(FLIPS, size)):
            assert rig.records(name, bit) in (None, rig.expected), f"bit {bit} of {name} reads as something else"

    def test_a_log_that_is_gone_is_not_missed(self, rig: Rig) -> None:
        (rig.stored / "2026-11.db-wal").unlink()
        assert rig.records(None) == rig.expected is not None


def test_a_flip_in_the_log_passes_sqlite_and_the_chain_and_only_the_head_tells(rig: Rig) -> None:
    size = (rig.stored / "2026-11.db-wal").stat().st_size
    bit = (size - 1000) * 8  # in the last record's page
    assert rig.records("2026-11.db-wal", bit) is None
    assert not rig.sqlite_alone_notices("2026-11.db-wal", bit)
    assert not rig.chain_alone_notices("2026-11.db-wal", bit)


def test_a_flip_in_a_records_text_passes_sqlite_and_the_chain_tells(rig: Rig) -> None:
    name = "2026-11.db"
    bit = (rig.stored / name).read_bytes().index(b"expired") * 8
    assert rig.records(name, bit) is None
    assert not rig.sqlite_alone_notices(name, bit)
    assert rig.chain_alone_notices(name, bit)
