"""The loop and the background write into one journal at the same time (architecture.md, "Processes and threads")."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos_app.background import Background, needs_none
from pos_app.clock import BootClock
from pos_app.composition.workers import Worker
from pos_app.desk import Desk, PaymentInProgress
from pos_app.domain import events as e
from pos_app.domain.states import State
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.testing.world import World

PAYMENTS = 60
PARKED = (
    e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=False, operation="2026-000001"),
    e.CustomerConfirmed(12550, 150, trial=True),
    e.ActivationIntended("70000000001_0000000001", "<body/>", 1800),
    e.ActivationAccepted("token", 12550, "77777777777", "01000000000012373"),
    e.ChargeStarted(1, 12700, "2026-000001"),
    e.CardApproved(e.Card("00", "result", "00000001", 12700)),
    e.PaymentParked("nessuna risposta"),
)


def at_the_counter(desk: Desk) -> None:
    for number in range(PAYMENTS):
        run = PaymentInProgress(desk, f"P{number}")
        run.record(replace(PARKED[0], operation=f"2026-1{number:05}"))
        run.record(e.CustomerCancelled())


def in_the_background(desk: Desk) -> None:
    background, run = Background(desk, takes=needs_none), PaymentInProgress(desk, "PARKED")
    for _ in range(PAYMENTS):
        (owned,) = background.owned()
        assert owned.id == "PARKED"
        run.record(e.OutcomeUnanswered("nessuna risposta"))
        run.record(e.LadderReset("Anna"))


@pytest.fixture
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching_often")
def test_two_threads_leave_one_chain_and_every_payment_as_it_was_left(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    with Journal.open(folder, BootClock(), allow_volatile=True, reserve_bytes=4096) as journal:
        desk = replace(World().desk, journal=journal, clock=BootClock())
        for event in PARKED:
            PaymentInProgress(desk, "PARKED").record(event)
        with Worker("counter", lambda _: at_the_counter(desk)), Worker("background", lambda _: in_the_background(desk)):
            pass  # leaving waits for both
        live = dict(journal.payments)
    assert JournalReader(folder).verify().seq == len(PARKED) + 4 * PAYMENTS
    assert JournalReader(folder).payments() == live
    assert {payment.state for key, payment in live.items() if key != "PARKED"} == {State.CLOSED}
