"""What a terminal does before anything else: it knows that its last process ended before it hears the reader."""

import io
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.card_reader.ecr17.simulator.script import Script, Traits
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.contracts import ChargeAnswer
from pos_app import settings as terminal_settings
from pos_app.composition.running import resume
from pos_app.composition.station import Station, station
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.notice import read_qr
from pos_app.domain.states import State
from pos_app.sandbox.server import RunningSandbox
from pos_app.terminal import ACTIONS, Terminal
from pos_app.testing.command import CODE, profile_text
from pos_app.texts import texts
from pos_app.ui.console import ConsoleScreen, ReadyAnswers

REPEATS = 0.5  # seconds after which the reader tells an unacknowledged result again


@dataclass(frozen=True)
class Counter:
    screen: ConsoleScreen
    inbox: ReadyAnswers


@pytest.fixture
def card_reader_script() -> Script:
    return Script(Traits(pace=0.0, repeat_after=REPEATS))


@pytest.fixture
def opened(
    tmp_path: Path, sandbox: RunningSandbox, card_reader: CardReaderDouble
) -> Callable[[], AbstractContextManager[Station]]:
    profile = tmp_path / "bench.toml"
    profile.write_text(profile_text(str(card_reader.port)))
    environ = {
        "POS_TERMINAL__TERMINAL__STATE_DIR": str(tmp_path / "state"),
        "POS_TERMINAL__PSP__URL": f"{sandbox.url}/psp",
    }
    screen = ConsoleScreen(io.StringIO(), texts("it"))
    counter = Counter(screen, ReadyAnswers(screen, {Question.CONFIRM: Answer.YES}))
    return lambda: station(terminal_settings.load(None, environ), str(profile), counter)


class Ended(BaseException):
    """The process ends here."""


def ends_before_the_verdict_is_journaled(run: PaymentInProgress) -> None:
    def die(_answer: ChargeAnswer) -> None:
        raise Ended

    desk = run.desk
    desk.reader.pay(run.payment.total, reference="", timeout=20, tick=desk.tick, on_result=die)


def test_a_result_that_the_reader_repeats_while_the_next_process_starts_settles_its_own_payment(
    opened: Callable[[], AbstractContextManager[Station]],
    card_reader: CardReaderDouble,
) -> None:
    with opened() as here:
        dying = Terminal(here.terminal.desk, {**ACTIONS, State.CHARGING: ends_before_the_verdict_is_journaled})
        with pytest.raises(Ended):
            dying.pay(read_qr(CODE))
    time.sleep(REPEATS + 0.3)  # by now it waits on the line
    with opened() as here:
        (left_open,) = here.left_open
        assert left_open.state is State.CHARGE_UNCERTAIN
        resume(here)
        (payment,) = here.journal.payments.values()
        assert (payment.state, payment.accepted, payment.late_cards) == (State.CLOSED, True, ())
    assert len(card_reader.terminal.memory.ledger) == 1
