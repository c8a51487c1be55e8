"""The journal on disk: durable, chained, mirrored, exclusive."""

import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.domain.states import ImpossibleEvent, State
from pos_app.journal.errors import JournalFailed, JournalInUse, JournalLocked
from pos_app.journal.head import SLOT, read_head
from pos_app.journal.journal import Journal
from pos_app.journal.layout import TERMINAL
from pos_app.journal.reader import JournalReader
from pos_app.testing.clock import VirtualClock

READ = e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=True, operation="2026-000001")
LATE = e.LateCardApproval(e.Card("00", "late", "00000001", 100))


def written(folder: Path, clock: VirtualClock, payments: int = 3) -> None:
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        for number in range(payments):
            journal.append(f"P{number}", READ)
            journal.append(f"P{number}", e.NoticeVerified(12550, "Comune"))


def test_what_was_written_is_read_again(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        assert [payment.state for payment in journal.payments.values()] == [State.CONFIRMING] * 3
        assert journal.operations == 3


def test_an_impossible_event_writes_nothing(journal: Journal, folder: Path) -> None:
    with pytest.raises(ImpossibleEvent):
        journal.append("P1", e.CustomerCancelled())
    assert list(JournalReader(folder).records()) == []


def test_a_second_process_is_refused_and_told_who_is_first(journal: Journal, folder: Path) -> None:
    with pytest.raises(JournalInUse, match=str(os.getpid())):
        Journal.open(folder, VirtualClock(), allow_volatile=True)


def test_readers_see_what_is_written_while_the_terminal_runs(journal: Journal, folder: Path) -> None:
    journal.append("P1", READ)
    reader = JournalReader(folder)
    assert list(reader.payments()) == ["P1"]
    assert reader.verify().seq == 1


def test_the_head_is_the_last_link(journal: Journal, folder: Path) -> None:
    journal.append("P1", READ)
    journal.append("P1", e.NoticeVerified(1))
    assert read_head(folder / "head") == JournalReader(folder).verify()


def test_a_record_that_leads_its_head_by_one_is_accepted(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    before = (folder / "head").read_bytes()
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P9", READ)
    (folder / "head").write_bytes(before)
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        assert journal.operations == 4
    assert read_head(folder / "head") == JournalReader(folder).verify()


def cut(folder: Path, records: int) -> None:
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    connection.execute("DROP TRIGGER record_is_never_deleted")
    connection.execute("DELETE FROM record WHERE seq > (SELECT max(seq) FROM record) - ?", (records,))
    connection.close()


@pytest.mark.parametrize("records", [1, 2, 6])
def test_a_shortened_chain_locks(folder: Path, clock: VirtualClock, records: int) -> None:
    written(folder, clock)
    cut(folder, records)
    with pytest.raises(JournalLocked, match="lost"):
        Journal.open(folder, clock, allow_volatile=True)
    with pytest.raises(JournalLocked, match="lost"):
        JournalReader(folder).verify()


@pytest.mark.parametrize("column", ["payment_id", "name", "utc", "boot_id", "body", "hash"])
def test_a_changed_record_locks_and_is_named(folder: Path, clock: VirtualClock, column: str) -> None:
    written(folder, clock)
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    connection.execute("DROP TRIGGER record_is_never_changed")
    connection.execute(f"UPDATE record SET {column} = {column} || 'x' WHERE seq = 2")
    connection.close()
    with pytest.raises(JournalLocked, match="Record 2"):
        Journal.open(folder, clock, allow_volatile=True)


def test_a_tampered_opening_locks(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    connection.execute("UPDATE segment SET operations = 7")
    connection.close()
    with pytest.raises(JournalLocked, match="opening of 2026-11"):
        Journal.open(folder, clock, allow_volatile=True)


def test_a_journal_without_its_records_locks(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    for path in folder.glob("*.db*"):
        path.unlink()
    with pytest.raises(JournalLocked, match="gone"):
        Journal.open(folder, clock, allow_volatile=True)


def test_a_journal_without_its_head_locks(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    (folder / "head").unlink()
    with pytest.raises(JournalLocked, match="lost"):
        Journal.open(folder, clock, allow_volatile=True)


@pytest.mark.parametrize("slot", [0, 1])
def test_one_torn_slot_of_the_head_is_survived(folder: Path, clock: VirtualClock, slot: int) -> None:
    written(folder, clock)
    with (folder / "head").open("r+b") as head:
        head.seek(slot * SLOT + 9)
        head.write(b"\xff")
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        assert journal.operations == 3


def test_garbage_in_place_of_a_segment_locks(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock)
    (folder / "2026-11.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(JournalLocked):
        Journal.open(folder, clock, allow_volatile=True)


def test_records_are_never_changed_or_deleted(journal: Journal, folder: Path) -> None:
    journal.append("P1", READ)
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    for statement in ("DELETE FROM record", "UPDATE record SET body = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            connection.execute(statement)
    connection.close()


def test_a_new_month_begins_a_segment_that_carries_what_is_open(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock, payments=2)
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P0", e.CustomerCancelled())
        clock.advance(timedelta(days=20).total_seconds())
        journal.roll()
        assert list(journal.payments) == ["P1"]
        journal.append("P1", e.CustomerConfirmed(12550, 150, trial=True))
        clock.advance(timedelta(days=31).total_seconds())
        journal.roll()
        journal.append("P1", e.TerminalRestarted())
    assert sorted(path.name for path in folder.glob("*.db")) == ["2026-11.db", "2026-12.db", "2027-01.db"]
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        assert journal.operations == 2
        assert journal.payments["P1"].state is State.RELEASING
        assert journal.payments["P1"].confirmed == 12700
    assert JournalReader(folder).verify().seq == 7
    assert JournalReader(folder).payments()["P0"].state is State.CLOSED


def test_a_missing_segment_breaks_the_seal(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock, payments=1)
    clock.advance(timedelta(days=20).total_seconds())
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P5", READ)
    (folder / "2026-11.db").unlink()
    with pytest.raises(JournalLocked, match="2026-12"):
        Journal.open(folder, clock, allow_volatile=True)


def test_a_clock_that_goes_back_a_month_stays_in_its_segment(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock, payments=1)
    clock.jump(-timedelta(days=60).total_seconds())
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P5", READ)
    assert [path.name for path in folder.glob("*.db")] == ["2026-11.db"]


def test_what_belongs_to_no_payment_is_kept_too(journal: Journal, folder: Path) -> None:
    journal.append(TERMINAL, LATE)
    assert [record.event for record in JournalReader(folder).records()] == [LATE]
    assert dict(journal.payments) == {}


def test_after_a_failed_write_nothing_more_is_written(folder: Path, clock: VirtualClock) -> None:
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P1", READ)
        connection = journal._store.segment._connection
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(JournalFailed):
            journal.append("P1", e.NoticeVerified(1))
        connection.execute("PRAGMA query_only = OFF")
        with pytest.raises(JournalFailed):
            journal.append("P1", e.NoticeVerified(1))
        assert journal.payments["P1"].state is State.VERIFYING


def test_a_folder_that_cannot_be_made_fails_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalFailed, match="can't be opened"):
        Journal.open(tmp_path / "file" / "journal", VirtualClock())


WRITER = """
import sys
from pathlib import Path
from pos_app.clock import BootClock
from pos_app.domain import events as e
from pos_app.journal.journal import Journal
journal = Journal.open(Path(sys.argv[1]), BootClock(), allow_volatile=True, reserve_bytes=65536)
for number in range(10_000):
    journal.append(f"P{number}", e.NoticeRead("301000000000012373", "77777777777", 1, "typed", True, str(number)))
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = -1
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged == 20:
                writer.kill()
    with Journal.open(folder, VirtualClock(), allow_volatile=True) as journal:
        assert journal.operations >= acknowledged + 1
    assert JournalReader(folder).verify().seq >= acknowledged + 1


# --- degraded ------------------------------------------------------------------------------------


def test_after_the_disk_refused_reopening_verifies_everything_and_goes_on(
    journal: Journal, until_charged: tuple[e.Event, ...]
) -> None:
    for event in until_charged:
        journal.append("P1", event)
    journal._store.segment._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalFailed):
        journal.append("P1", e.CardUncertain("silence"))
    before = dict(journal.payments)
    journal.reopen()
    assert journal.degraded is None
    assert dict(journal.payments) == before
    assert journal.append("P1", e.CardUncertain("silence")).state is State.CHARGE_UNCERTAIN


def test_reopening_what_does_not_verify_locks(folder: Path, journal: Journal) -> None:
    journal.append("P1", READ)
    journal.append("P1", e.NoticeVerified(1))
    cut(folder, 1)
    with pytest.raises(JournalLocked, match="lost"):
        journal.reopen()


def test_a_missing_reserve_is_made_up_while_nobody_pays(journal: Journal, folder: Path) -> None:
    journal._reserve.free()
    told = journal.degraded
    assert told is not None
    journal.roll()
    assert journal.degraded is None
    assert (folder.parent / "reserve").exists()


def test_a_payment_carried_from_a_changed_segment_locks(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock, payments=2)
    clock.advance(timedelta(days=20).total_seconds())
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        journal.append("P5", READ)
    path = folder / "2026-11.db"
    path.write_bytes(path.read_bytes().replace(b"Comune", b"Comunx", 1))
    with pytest.raises(JournalLocked, match="Record"):
        Journal.open(folder, clock, allow_volatile=True)


def test_the_opening_of_a_segment_without_records_is_guarded_too(folder: Path, clock: VirtualClock) -> None:
    written(folder, clock, payments=1)
    clock.advance(timedelta(days=20).total_seconds())
    Journal.open(folder, clock, allow_volatile=True).close()
    connection = sqlite3.connect(folder / "2026-12.db", isolation_level=None)
    connection.execute("UPDATE segment SET carried = '{}'")
    connection.close()
    with pytest.raises(JournalLocked, match="opening of 2026-12"):
        Journal.open(folder, clock, allow_volatile=True)


def test_a_late_approval_that_waits_for_a_person_goes_along_into_the_new_month(
    folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        ended = (e.CardDeclined("no"), e.CustomerCancelled(), e.OutcomeIntended("KO", "k", "b"), e.OutcomeAccepted())
        for event in (*until_charged, *ended, LATE):
            journal.append("P1", event)
        clock.advance(timedelta(days=20).total_seconds())
        journal.roll()
        assert journal.payments["P1"].needs_person
    with Journal.open(folder, clock, allow_volatile=True) as journal:
        assert journal.payments["P1"].needs_person
        assert [record.event for record in journal.records_of("P1")][-1] == LATE


@pytest.mark.parametrize("damage", [b"\xff" * 4096, b"\x00" * 4096])
def test_verify_says_of_a_damaged_page_that_it_cannot_be_read(folder: Path, clock: VirtualClock, damage: bytes) -> None:
    written(folder, clock, payments=30)
    path = folder / "2026-11.db"
    data = path.read_bytes()
    path.write_bytes(data[:8192] + damage + data[12288:])
    with pytest.raises(JournalLocked):
        JournalReader(folder).verify()
    with pytest.raises(JournalLocked):
        Journal.open(folder, clock, allow_volatile=True)
