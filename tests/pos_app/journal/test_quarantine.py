"""The way out of a locked journal: nothing is thrown away, nothing open is forgotten, the chain says what happened."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal import quarantine as room
from pos_app.journal.errors import JournalInUse, JournalLocked
from pos_app.journal.journal import Journal
from pos_app.journal.layout import TERMINAL
from pos_app.journal.quarantine import NothingToQuarantine, Quarantined, quarantine
from pos_app.journal.reader import JournalReader
from pos_app.journal.segment import Segment
from pos_app.testing.clock import VirtualClock

Open = Callable[[], Journal]

CARD = e.Card("00", "result", "00000001", 12700, "4242", stan="000123")
REPORTED = (e.CardApproved(CARD), e.OutcomeIntended("OK", "70000000001_0000000002", "<outcome/>"))
REFUSED = (e.CardDeclined("no"), e.CustomerCancelled(), e.OutcomeIntended("KO", "70000000001_0000000003", "<ko/>"))
PAID = (*REPORTED, e.OutcomeAccepted(), e.ReceiptDeferred("later"))


def write(open_journal: Open, **payments: tuple[e.Event, ...]) -> dict[str, Payment]:
    with open_journal() as journal:
        for payment_id, events in payments.items():
            for event in events:
                journal.append(payment_id, event)
        return dict(journal.payments)


def statement(folder: Path, sql: str) -> None:
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    for trigger in ("record_is_never_changed", "record_is_never_deleted"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(sql)
    connection.close()


def cut(folder: Path, records: int) -> None:
    statement(folder, f"DELETE FROM record WHERE seq > (SELECT max(seq) FROM record) - {records}")


def put_aside(folder: Path, clock: VirtualClock) -> Quarantined:
    return quarantine(folder, clock, reason="the disk was bad")


@pytest.mark.parametrize(
    ("behind", "state"),
    [
        ((), State.OPERATOR_RULING),
        (REPORTED[:1], State.OPERATOR_RULING),
        (REPORTED, State.RECONCILING),
        (REFUSED[:1], State.OPERATOR_RULING),
        (REFUSED, State.RECONCILING),
        (PAID[:3], State.RECONCILING),
    ],
    ids=lambda value: value.label if isinstance(value, State) else type(value[-1]).__name__ if value else "charging",
)
def test_an_open_payment_comes_along_as_a_case_with_all_that_was_known(
    *,
    open_journal: Open,
    folder: Path,
    clock: VirtualClock,
    until_charged: tuple[e.Event, ...],
    behind: tuple[e.Event, ...],
    state: State,
) -> None:
    before = write(open_journal, P1=(*until_charged, *behind), P2=(until_charged[0],))["P1"]
    cut(folder, 1)
    assert [case.id for case in put_aside(folder, clock).cases] == ["P1"]
    with open_journal() as journal:
        after = journal.payments["P1"]
    assert after.state is state
    assert after.needs_person
    assert (after.card, after.outcomes, after.token, after.opened) == (
        before.card,
        before.outcomes,
        before.token,
        before.opened,
    )
    assert "the disk was bad" in after.reason


def test_what_is_carried_over_is_not_proven_uncharged(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=(*until_charged, e.CardDeclined("no")))
    cut(folder, 3)  # what is left ends before the charge
    case = put_aside(folder, clock).cases[0]
    assert case.state is State.RECONCILING
    assert not case.proven_not_charged
    assert case.holds_notice


def test_the_new_chain_names_the_end_of_the_old_one_and_verifies(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    old = JournalReader(folder).verify()
    cut(folder, 2)
    done = put_aside(folder, clock)
    assert done.tip == old, "the head knew the end that the chain had lost"
    segment = Segment.open_reading(folder / "2026-11.db")
    assert (segment.opening.first_seq, segment.opening.previous_hash) == (old.seq + 1, old.hash)
    assert segment.opening.predecessor == f"{done.kept.name}: the disk was bad"
    segment.close()
    assert JournalReader(folder).verify().seq == old.seq + 6  # five records were readable, and the case's own
    write(open_journal, P9=(until_charged[0],))
    assert JournalReader(folder).verify().seq == old.seq + 7


def test_the_old_files_are_kept_as_they_were(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    cut(folder, 2)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".db", "")}
    kept = put_aside(folder, clock).kept
    assert {path.name: path.read_bytes() for path in kept.iterdir() if path.name in before} == before
    with pytest.raises(JournalLocked):
        JournalReader(kept).verify()


def test_closed_payments_stay_behind_and_their_numbers_are_not_used_again(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=(*until_charged, *PAID), P2=(until_charged[0],), P3=(until_charged[0],))
    cut(folder, 1)
    assert [case.id for case in put_aside(folder, clock).cases] == ["P2"]
    with open_journal() as journal:
        assert list(journal.payments) == ["P2"]
        assert journal.operations == 3, "two are readable, and the record that was lost may have been the third"


def test_a_late_approval_that_nobody_chose_about_comes_along(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    late = e.LateCardApproval(e.Card("00", "late", "00000001", 12700))
    write(open_journal, P1=(*until_charged, *PAID, late), P2=(until_charged[0],), **{TERMINAL: (late,)})
    cut(folder, 1)
    put_aside(folder, clock)
    with open_journal() as journal:
        assert journal.payments["P1"].state is State.CLOSED
        assert journal.payments["P1"].needs_person


def test_what_belongs_to_no_payment_comes_along(open_journal: Open, folder: Path, clock: VirtualClock) -> None:
    late = e.LateCardApproval(e.Card("00", "late", "00000001", 100))
    write(open_journal, **{TERMINAL: (late, late)})
    cut(folder, 1)
    put_aside(folder, clock)
    assert [record.event for record in JournalReader(folder).records()] == [late]


@pytest.mark.parametrize("seq", range(1, 10))
def test_a_changed_record_is_told_as_text_and_what_followed_it_too(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...], seq: int
) -> None:
    write(open_journal, P1=(*until_charged, *REPORTED))
    statement(folder, f"UPDATE record SET body = body || ' ' WHERE seq = {seq}")
    cases = put_aside(folder, clock).cases
    with open_journal() as journal:
        assert journal.payments["P1"].needs_person
        told = journal.records_of("P1")
    assert [case.id for case in cases] == ["P1"]
    carried = told[-1].event
    assert isinstance(carried, e.CarriedOver)
    assert len(told) - 1 + len(carried.unread) == 9, "every record is there, as itself or as text"


def test_garbage_in_place_of_a_segment_leaves_what_the_others_hold(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    clock.advance(20 * 86400)
    write(open_journal, P2=(until_charged[0],))
    (folder / "2026-12.db").write_bytes(b"not a database" * 1000)
    for left in folder.glob("2026-12.db-*"):
        left.unlink()
    assert [case.id for case in put_aside(folder, clock).cases] == ["P1"]
    with open_journal() as journal:
        assert journal.payments["P1"].state is State.OPERATOR_RULING


@pytest.mark.parametrize("month", ["2026-11", "2026-12"])
def test_bytes_that_are_no_text_in_a_segments_schema_lock_and_leave_what_the_others_hold(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...], month: str
) -> None:
    write(open_journal, P1=until_charged)
    clock.advance(20 * 86400)
    write(open_journal, P2=(until_charged[0],))
    path = folder / f"{month}.db"
    path.write_bytes(path.read_bytes().replace(b"CREATE TRIGGER record_is", b"CREATE TRIGGER rec\xacrd_is", 1))
    with pytest.raises(JournalLocked):
        open_journal()
    with pytest.raises(JournalLocked):
        JournalReader(folder).verify()
    cases = {case.id for case in put_aside(folder, clock).cases}
    assert cases == ({"P1", "P2"} if month == "2026-11" else {"P1"}), "what was carried over is known to have been open"


def test_pages_that_cannot_be_read_cost_only_what_was_on_them(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, **{f"P{number}": until_charged[:2] for number in range(40)})
    path = folder / "2026-11.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(bytes(data))
    with pytest.raises(JournalLocked):
        open_journal()
    cases = put_aside(folder, clock).cases
    assert len(cases) >= 20
    assert {cases[0].id, cases[-1].id} == {"P0", "P39"}, "read from both ends"


def test_a_journal_that_is_gone_is_noticed_and_begun_anew(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(JournalLocked, match="this terminal had one"):
        open_journal()
    assert put_aside(folder, clock).cases == ()
    with open_journal() as journal:
        assert journal.degraded is None
        assert dict(journal.payments) == {}


def test_a_journal_without_its_head_is_carried_over_whole(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    (folder / "head").unlink()
    done = put_aside(folder, clock)
    assert done.tip.seq == len(until_charged)
    with open_journal() as journal:
        assert journal.operations == 1


def test_a_sound_journal_is_left_alone_unless_somebody_insists(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    with pytest.raises(NothingToQuarantine):
        put_aside(folder, clock)
    done = quarantine(folder, clock, reason="restored from a copy", although_it_verifies=True)
    assert [case.id for case in done.cases] == ["P1"]


def test_a_running_terminal_is_left_alone(open_journal: Open, folder: Path, clock: VirtualClock) -> None:
    with open_journal(), pytest.raises(JournalInUse, match=str(os.getpid())):
        put_aside(folder, clock)


def test_a_crash_between_the_two_moves_is_finished_by_the_next_call(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    cut(folder, 1)
    put_aside(folder, clock)
    folder.rename(room._next(folder))  # as the crash left it
    with pytest.raises(JournalLocked):
        open_journal()
    with pytest.raises(NothingToQuarantine):
        put_aside(folder, clock)
    with open_journal() as journal:
        assert journal.payments["P1"].needs_person


def test_a_crash_while_the_new_journal_was_made_leaves_the_old_one_and_nothing_in_the_way(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    cut(folder, 1)
    room._next(folder).mkdir()
    (room._next(folder) / "2026-11.new").write_bytes(b"half")
    assert [case.id for case in put_aside(folder, clock).cases] == ["P1"]


def test_a_second_quarantine_names_the_first(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    write(open_journal, P1=until_charged)
    cut(folder, 1)
    first = put_aside(folder, clock)
    write(open_journal, P2=(until_charged[0],))
    clock.advance(60)
    cut(folder, 1)
    second = put_aside(folder, clock)
    assert second.tip.seq > first.tip.seq
    with open_journal() as journal:
        assert list(journal.payments) == ["P1"]
        assert journal.operations == 3, "one in each journal, and the record lost in the first may have been another"
