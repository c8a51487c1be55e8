"""A payment of an earlier month goes on: it is read from its sealed segments, and what follows lies in the open one."""

import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import State
from pos_app.journal.errors import JournalLocked
from pos_app.journal.journal import Journal
from pos_app.journal.quarantine import quarantine
from pos_app.journal.reader import JournalReader
from pos_app.journal.settlement import lines, month_to_read
from pos_app.testing.clock import VirtualClock

Open = Callable[[], Journal]

CARD = e.Card("00", "result", "00000001", 12700, "4242", stan="000123")
SECOND = e.NoticeRead("301000000000012474", "77777777777", 990, "typed", verify=True, operation="2026-000002")
SETTLED = (e.CardApproved(CARD), e.OutcomeIntended("OK", "k", "<outcome/>"), e.OutcomeAccepted())
PRINTED = (e.PrintStarted("customer", 1, "QQ=="), e.CopyPrinted("customer", "process_id"))
AGAIN = (e.PrintStarted("customer", 2, "QQ=="), e.CopyPrinted("customer", "process_id"))
NEXT_MONTH = timedelta(days=31).total_seconds()


def append(journal: Journal, payment_id: str, *events: e.Event) -> None:
    for event in events:
        journal.append(payment_id, event)


@pytest.fixture
def paid(open_journal: Open, clock: VirtualClock, until_charged: tuple[e.Event, ...]) -> Payment:
    """A payment of November, closed; it is December by now, and another one was begun."""
    with open_journal() as journal:
        append(journal, "P1", *until_charged, *SETTLED, *PRINTED, e.ReceiptPrinted())
        clock.advance(NEXT_MONTH)
        journal.roll()
        assert dict(journal.payments) == {}
        append(journal, "P2", SECOND)
        payment = journal.recall("P1")
    assert payment is not None
    return payment


def reread(folder: Path) -> dict[str, Payment]:
    JournalReader(folder).verify()
    return JournalReader(folder).payments()


@pytest.mark.parametrize("wanted", ["P1", "2026-000001"])
def test_a_payment_of_an_earlier_month_is_found_by_its_id_and_its_operation(
    open_journal: Open, folder: Path, paid: Payment, wanted: str
) -> None:
    with open_journal() as journal:
        assert "P1" not in journal.payments
        assert journal.recall(wanted) == paid == reread(folder)["P1"]
        assert list(journal.payments) == ["P1", "P2"], "oldest first"
        assert journal.recall("2026-000002") == journal.payments["P2"]


def test_what_follows_lies_in_the_open_month_and_the_next_start_folds_it(
    open_journal: Open, folder: Path, paid: Payment
) -> None:
    with open_journal() as journal:
        journal.recall("P1")
        append(journal, "P1", *AGAIN)
        live = dict(journal.payments)
        assert journal.operations == 2
    assert paid.copy_attempts("customer") == 1
    with open_journal() as journal:
        assert dict(journal.payments) == live == reread(folder)
        assert list(journal.payments) == ["P1", "P2"]
        assert journal.operations == 2, "it was begun once"
        assert journal.payments["P1"].copy_attempts("customer") == 2
        told = [record.event for record in journal.records_of("P1")]
    assert told[-4:] == [PRINTED[1], e.ReceiptPrinted(), *AGAIN]
    assert [record.event for record in JournalReader(folder).records() if record.payment_id == "P1"] == told


@pytest.mark.usefixtures("paid")
def test_month_after_month_the_same_payment_comes_back_whole(
    open_journal: Open, folder: Path, clock: VirtualClock
) -> None:
    for number in range(2, 5):
        with open_journal() as journal:
            journal.recall("P1")
            append(journal, "P1", e.PrintStarted("customer", number, ""), e.CopyPrinted("customer", "process_id"))
        clock.advance(NEXT_MONTH)
    with open_journal() as journal:
        assert "P1" not in journal.payments
        payment = journal.recall("P1")
        assert payment == reread(folder)["P1"]
    assert payment is not None
    assert [job.state for job in payment.copies] == [JobState.PRINTED] * 4


@pytest.mark.usefixtures("paid")
def test_one_that_a_person_must_look_at_goes_along_into_the_next_month(
    open_journal: Open, folder: Path, clock: VirtualClock
) -> None:
    late = e.LateCardApproval(e.Card("00", "late", "00000001", 12700))
    with open_journal() as journal:
        journal.recall("P1")
        journal.append("P1", late)
        clock.advance(NEXT_MONTH)
        journal.roll()
        live = dict(journal.payments)
        assert journal.payments["P1"].needs_person
    with open_journal() as journal:
        assert dict(journal.payments) == live
        assert [record.event for record in journal.records_of("P1")][-1] == late
    assert reread(folder)["P1"] == live["P1"]


@pytest.mark.usefixtures("paid")
def test_its_month_is_exported_as_before(open_journal: Open, folder: Path) -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 30)

    def exported(first: date, last: date) -> list[str]:
        records = JournalReader(folder).records_since(month_to_read(first))
        return [repr(line) for line in lines(records, first, last)]

    before = exported(first, last)
    assert len(before) == 1
    with open_journal() as journal:
        journal.recall("P1")
        append(journal, "P1", *AGAIN)
    assert exported(first, last) == before
    assert exported(date(2026, 12, 1), date(2026, 12, 31)) == []


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("wanted", ["P3", "", "2026-00000", "-", '" OR 1=1 --'])
def test_what_was_never_begun_is_not_found(open_journal: Open, wanted: str) -> None:
    with open_journal() as journal:
        assert journal.recall(wanted) is None
        assert list(journal.payments) == ["P2"]


@pytest.mark.usefixtures("paid")
def test_a_changed_record_of_the_earlier_month_locks(open_journal: Open, folder: Path) -> None:
    path = folder / "2026-11.db"
    path.write_bytes(path.read_bytes().replace(b"Comune di Esempio", b"Comune di Esempia", 1))
    with open_journal() as journal, pytest.raises(JournalLocked, match="Record"):
        journal.recall("P1")


def test_a_record_whose_payment_has_no_beginning_locks(open_journal: Open, folder: Path, paid: Payment) -> None:
    with open_journal() as journal:
        journal.recall("P1")
        append(journal, "P1", *AGAIN)
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    for trigger in ("record_is_never_changed", "record_is_never_deleted"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("UPDATE record SET name = 'Nothing' WHERE name = 'NoticeRead'")
    connection.close()
    assert paid.state is State.CLOSED
    with pytest.raises(JournalLocked, match="goes on with a payment"):
        open_journal()


def test_what_came_over_from_a_journal_that_was_put_aside_is_found_too(
    open_journal: Open, folder: Path, clock: VirtualClock, until_charged: tuple[e.Event, ...]
) -> None:
    with open_journal() as journal:
        append(journal, "P1", *until_charged)
    connection = sqlite3.connect(folder / "2026-11.db", isolation_level=None)
    connection.execute("DROP TRIGGER record_is_never_changed")
    connection.execute("UPDATE record SET body = body || ' ' WHERE seq = 1")  # nothing of it follows any more
    connection.close()
    assert [case.id for case in quarantine(folder, clock, reason="a changed record").cases] == ["P1"]
    with open_journal() as journal:
        journal.append("P1", e.CaseClosed("settled", "Anna", "seen to"))
        clock.advance(NEXT_MONTH)
        journal.roll()
        assert dict(journal.payments) == {}
        found = journal.recall("P1")
        assert found == reread(folder)["P1"]


def test_what_no_notice_began_is_found_by_its_id(open_journal: Open, folder: Path, clock: VirtualClock) -> None:
    stray = e.UnexplainedApproval(CARD)
    with open_journal() as journal:
        append(journal, "P1", stray, e.CaseClosed("settled", "Anna", "seen to"))
        clock.advance(NEXT_MONTH)
        journal.roll()
        assert dict(journal.payments) == {}
        assert journal.recall("P1") == reread(folder)["P1"]
