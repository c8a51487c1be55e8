"""Answers that are lost on the way, over real HTTP, with short waits: the same bytes, one verdict, nothing hidden."""

import io
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pos_app import settings as terminal_settings
from pos_app.background import Background, needs_none
from pos_app.composition.consoles import UNCERTAIN
from pos_app.composition.paying import PAID, exit_code
from pos_app.composition.running import keep_at_it
from pos_app.composition.station import Station, station
from pos_app.composition.workers import Worker
from pos_app.counter import Answer, Question
from pos_app.desk import Limits, PaymentInProgress
from pos_app.domain.notice import read_qr
from pos_app.domain.states import State
from pos_app.sandbox.server import RunningSandbox
from pos_app.testing.command import CODE, Control
from pos_app.texts import texts
from pos_app.ui.console import Aside, ConsoleScreen, ReadyAnswers

SHORT = Limits(verify=1.0, activate=1.0, outcome=1.0, outcome_slot=0.1, activation_slot=0.1)
NOTICE = "/control/notices/77777777777/301000000000012373"
OTHER = "PAGOPA|002|301000000000020057|77777777777|8900"


@dataclass(frozen=True)
class Willing:
    screen: ConsoleScreen
    inbox: ReadyAnswers


Opened = Callable[..., AbstractContextManager[Station]]


@pytest.fixture
def opened(tmp_path: Path, sandbox: RunningSandbox) -> Opened:
    """`with opened() as here:` a terminal on the simulator, hurried; `opened(API_VERSION="1")` with other settings."""

    def open_station(**psp: str) -> AbstractContextManager[Station]:
        environ = {
            "POS_TERMINAL__TERMINAL__STATE_DIR": str(tmp_path / "state"),
            "POS_TERMINAL__PSP__URL": f"{sandbox.url}/psp",
            **{f"POS_TERMINAL__PSP__{name}": value for name, value in psp.items()},
        }
        screen = ConsoleScreen(io.StringIO(), texts("it"))
        counter = Willing(screen, ReadyAnswers(screen, {Question.CONFIRM: Answer.YES}))
        return station(terminal_settings.load(None, environ), "simulator", counter, limits=SHORT)

    return open_station


def fault(control: Control, operation: str, kind: str, times: int = 1, **more: object) -> None:
    control("POST", "/control/faults", {"operation": operation, "at": "psp", "kind": kind, "times": times, **more})


def requests(control: Control, operation: str) -> list[str]:
    return [call["request"] for call in control("GET", f"/control/calls?operation={operation}&at=psp")["calls"]]


@pytest.mark.parametrize("kind", ["lost_response", "lost_request", "http_500", "soap_fault", "garbage", "truncated"])
def test_an_outcome_without_an_answer_goes_out_again_with_the_same_bytes(
    opened: Opened, control: Control, kind: str
) -> None:
    fault(control, "sendPaymentOutcomeV2", kind)
    with opened() as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == PAID
    first, second = requests(control, "sendPaymentOutcomeV2")
    assert first == second
    assert control("GET", NOTICE)["position"] == "NOTIFIED"


def test_an_outcome_that_stays_unanswered_is_parked_and_drains_when_the_psp_heals(
    opened: Opened, control: Control
) -> None:
    fault(control, "sendPaymentOutcomeV2", "lost_response", times=2)
    with opened() as here:
        payment = here.terminal.pay(read_qr(CODE))
        assert exit_code(payment) == UNCERTAIN
        assert payment.parked
        assert here.terminal.begin(read_qr(CODE)).id == payment.id, "the notice opens its payment, never a new one"
        here.background.try_now(payment)
        assert here.journal.payments[payment.id].state is State.CLOSED
    assert len(set(requests(control, "sendPaymentOutcomeV2"))) == 1
    slips = sorted((Path(here.settings.terminal.state_dir) / "receipts").glob("*.txt"))
    assert ["ESITO IN VERIFICA" in slip.read_text() for slip in slips] == [True]


def test_what_is_parked_goes_out_while_a_question_stands_at_the_counter(opened: Opened, control: Control) -> None:
    fault(control, "sendPaymentOutcomeV2", "lost_request", times=2)
    with opened() as here:
        parked = here.terminal.pay(read_qr(CODE))
        screen = here.terminal.desk.screen
        assert isinstance(screen, ConsoleScreen)
        on_the_wire = Background(replace(here.terminal.desk, screen=Aside(screen, texts("it"))), takes=needs_none)
        with Worker("background", lambda stop: keep_at_it(on_the_wire, threading.Lock(), stop)) as worker:
            waiting = PaymentInProgress(here.terminal.desk, here.terminal.begin(read_qr(OTHER)).id)
            asked = waiting.show(Question.CONFIRM)
            while here.journal.payments[parked.id].is_open:
                worker.check()
            assert screen.view is not None
            assert screen.view.number == asked
    assert control("GET", NOTICE)["position"] == "NOTIFIED"


def test_an_activation_without_an_answer_is_repeated_and_brings_the_same_token(
    opened: Opened, control: Control
) -> None:
    fault(control, "activatePaymentNoticeV2", "lost_response")
    with opened() as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == PAID
    assert len(set(requests(control, "activatePaymentNoticeV2"))) == 1
    assert [session["token"] for session in control("GET", NOTICE)["sessions"]] == [payment.token]


def test_an_outcome_refused_for_its_key_goes_out_once_more_under_a_new_one(opened: Opened, control: Control) -> None:
    fault(control, "sendPaymentOutcomeV2", "ko", fault_code="PPT_ERRORE_IDEMPOTENZA", when="before")
    with opened() as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == PAID
    first, second = (outcome.key for outcome in payment.outcomes)
    assert first != second


def test_an_outcome_that_nothing_can_mend_is_a_case_with_its_slip(opened: Opened, control: Control) -> None:
    fault(control, "sendPaymentOutcomeV2", "ko", fault_code="PPT_TOKEN_SCONOSCIUTO", when="before")
    with opened() as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == UNCERTAIN
    assert payment.state is State.RECONCILING
    assert payment.was_charged


def test_the_first_primitives_pay_too(opened: Opened, control: Control) -> None:
    with opened(API_VERSION="1") as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == PAID
    assert len(requests(control, "activatePaymentNotice")) == 1
    assert len(requests(control, "sendPaymentOutcome")) == 1


def test_without_verify_the_amount_of_the_code_is_shown_and_the_activated_one_is_charged(
    opened: Opened, control: Control
) -> None:
    with opened(VERIFY_FIRST="false") as here:
        payment = here.terminal.pay(read_qr(CODE))
    assert exit_code(payment) == PAID
    assert requests(control, "verifyPaymentNotice") == []
