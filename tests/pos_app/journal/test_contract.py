"""What every journal promises: the real one on the disk and its double in memory alike."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from pos_app.domain import events as e
from pos_app.domain.states import ImpossibleEvent, State
from pos_app.journal.errors import JournalFailed, JournalFull
from pos_app.journal.journal import Journal, PaymentJournal
from pos_app.journal.layout import TERMINAL
from pos_app.journal.reserve import BEGINS
from pos_app.testing.clock import VirtualClock
from pos_app.testing.faults import Misfortune
from pos_app.testing.journal import MemoryJournal

APPROVED = e.CardApproved(e.Card("00", "result", "00000001", 12700, stan="000123"))


class Bench(Protocol):
    """A journal that can be restarted, and whose disk can be filled and broken."""

    def open(self) -> PaymentJournal: ...
    def restart(self) -> PaymentJournal: ...
    def fill(self) -> None: ...
    def break_disk(self) -> None: ...


class OnDisk:
    def __init__(self, open_journal: Callable[[], Journal], stack: ExitStack) -> None:
        self._open, self._stack = open_journal, stack

    def open(self) -> Journal:
        self._journal = self._stack.enter_context(self._open())
        return self._journal

    def restart(self) -> Journal:
        self._journal.close()
        return self.open()

    def fill(self) -> None:
        self._journal._reserve.free()  # as the last record before did

    def break_disk(self) -> None:
        self._journal._store.segment._connection.execute("PRAGMA query_only = ON")


class InMemory:
    def __init__(self, clock: VirtualClock) -> None:
        self._journal = MemoryJournal(clock, Misfortune(0))

    def open(self) -> MemoryJournal:
        return self._journal

    def restart(self) -> MemoryJournal:
        self._journal = self._journal.reopened()
        return self._journal

    def fill(self) -> None:
        self._journal.full = True

    def break_disk(self) -> None:
        self._journal.broken = True


@pytest.fixture(params=["disk", "memory"])
def bench(
    request: pytest.FixtureRequest, open_journal: Callable[[], Journal], clock: VirtualClock, tmp_path: Path
) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield OnDisk(open_journal, stack) if request.param == "disk" else InMemory(clock)


def test_append_returns_the_payment_after_the_event(bench: Bench, until_charged: tuple[e.Event, ...]) -> None:
    journal = bench.open()
    for event in until_charged:
        payment = journal.append("P1", event)
        assert journal.payments["P1"] == payment
    assert journal.payments["P1"].state is State.CHARGING


def test_a_restart_finds_what_was_appended(bench: Bench, until_charged: tuple[e.Event, ...]) -> None:
    journal = bench.open()
    for event in until_charged:
        journal.append("P1", event)
    before = dict(journal.payments)
    again = bench.restart()
    assert dict(again.payments) == before
    assert again.operations == 1
    assert again.latest == journal.latest


def test_payments_come_oldest_first(bench: Bench, notice_read: e.NoticeRead) -> None:
    journal = bench.open()
    for name in ("P2", "P1", "P3"):
        journal.append(name, notice_read)
    journal.append("P2", e.NoticeVerified(1))
    assert list(journal.payments) == ["P2", "P1", "P3"]
    assert list(bench.restart().payments) == ["P2", "P1", "P3"]
    assert journal.operations == 3


def test_an_impossible_event_changes_nothing(bench: Bench, notice_read: e.NoticeRead) -> None:
    journal = bench.open()
    journal.append("P1", notice_read)
    before = dict(journal.payments), journal.operations, journal.latest
    with pytest.raises(ImpossibleEvent):
        journal.append("P1", e.OutcomeAccepted())
    with pytest.raises(ImpossibleEvent):
        journal.append("P2", APPROVED)
    assert (dict(journal.payments), journal.operations, journal.latest) == before
    assert dict(bench.restart().payments) == before[0]


def test_what_belongs_to_no_payment_makes_none(bench: Bench) -> None:
    journal = bench.open()
    journal.append(TERMINAL, e.LateCardApproval(APPROVED.card))
    assert dict(journal.payments) == {}
    assert dict(bench.restart().payments) == {}


def test_latest_is_as_far_as_the_wall_clock_has_been(
    bench: Bench, clock: VirtualClock, notice_read: e.NoticeRead
) -> None:
    journal = bench.open()
    assert journal.latest is None
    clock.advance(5)
    journal.append("P1", notice_read)
    furthest = journal.payments["P1"].updated
    assert journal.latest == furthest
    clock.jump(-3600)
    journal.append(TERMINAL, e.LateCardApproval(APPROVED.card))
    assert journal.latest == furthest
    assert bench.restart().latest == furthest
    clock.jump(3601)
    bench.restart().append("P1", e.NoticeVerified(1))
    assert bench.restart().latest != furthest


def test_all_is_well_at_first(bench: Bench) -> None:
    assert bench.open().degraded is None


def test_without_room_nothing_new_begins_and_what_is_under_way_is_told(
    bench: Bench, notice_read: e.NoticeRead, until_charged: tuple[e.Event, ...]
) -> None:
    journal = bench.open()
    for event in until_charged:
        journal.append("P1", event)
    bench.fill()
    assert journal.degraded
    with pytest.raises(JournalFull):
        journal.append("P2", notice_read)
    assert journal.append("P1", APPROVED).state is State.REPORTING_OK
    assert list(bench.restart().payments) == ["P1"]


def test_every_event_that_begins_something_is_refused_without_room(
    bench: Bench, until_charged: tuple[e.Event, ...]
) -> None:
    journal = bench.open()
    refused = set()
    for event in until_charged:
        if type(event) in BEGINS:
            bench.fill()
            with pytest.raises(JournalFull):
                journal.append("P1", event)
            refused.add(type(event))
            journal = bench.restart()  # by now somebody made room
        journal.append("P1", event)
    assert refused == BEGINS


def test_a_broken_disk_takes_nothing_any_more_and_the_payment_stays_as_it_was(
    bench: Bench, until_charged: tuple[e.Event, ...]
) -> None:
    journal = bench.open()
    for event in until_charged:
        journal.append("P1", event)
    bench.break_disk()
    for _ in range(2):
        with pytest.raises(JournalFailed):
            journal.append("P1", APPROVED)
        assert journal.degraded
    assert journal.payments["P1"].state is State.CHARGING
    assert bench.restart().payments["P1"].state is State.CHARGING
