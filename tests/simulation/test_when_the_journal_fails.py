"""A disk that fails in the middle of a charge: the approval is on paper, nothing is acknowledged, nothing is sold."""

import pytest

from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.errors import JournalFailed
from pos_app.testing.journal import MemoryJournal
from pos_app.testing.world import NOTICE, World


class FailingJournal(MemoryJournal):
    """Takes everything but the verdict of a charge."""

    def append(self, payment_id: str, event: e.Event) -> Payment:
        if isinstance(event, e.CardApproved):
            raise JournalFailed("The journal can't be written: disk I/O error.")
        return super().append(payment_id, event)


def test_an_approval_that_cannot_be_journaled_is_printed_and_stays_unacknowledged() -> None:
    world = World()
    world.journal = FailingJournal(world.clock, world.misfortune)
    world.start_on(world.journal)
    with pytest.raises(JournalFailed):
        world.terminal.pay(NOTICE)
    assert world.printer.papers == ["emergency"]
    assert [payment.state for payment in world.payments] == [State.CHARGING]
    assert world.psp.outcomes == []


def test_the_next_process_finds_the_charge_and_reports_it() -> None:
    world = World()
    world.start_on(FailingJournal(world.clock, world.misfortune))
    with pytest.raises(JournalFailed):
        world.terminal.pay(NOTICE)
    world.restart()
    world.drain()
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["OK"]
    assert len(world.reader.ledger) == 1
