"""Terminals with one wrong action each: a rule that doesn't notice them proves nothing."""

from collections.abc import Callable

import pytest

from drivers.contracts import ChargeAnswer
from pos_app.actions import activation, card, outcome
from pos_app.desk import PaymentInProgress
from pos_app.domain import events as e
from pos_app.domain.states import State
from pos_app.terminal import ACTIONS
from pos_app.testing import rules
from pos_app.testing.reader import Mood
from pos_app.testing.world import NOTICE, World

Mutation = Callable[[PaymentInProgress], None]


def ask_the_reader_twice(run: PaymentInProgress) -> None:
    desk, payment = run.desk, run.payment
    desk.reader.pay(payment.total, reference=payment.operation, timeout=1, tick=desk.tick, on_result=_forget)
    card.charge(run)


def take_silence_for_a_decline(run: PaymentInProgress) -> None:
    run.record(e.CardNotCharged("silenzio"))


def charge_without_the_fee(run: PaymentInProgress) -> None:
    if run.payment.baseline_fresh:
        run.record(e.ChargeStarted(1, run.payment.amount, run.payment.operation))
    else:
        activation.start_charge(run)


def report_other_bytes_under_the_same_key(run: PaymentInProgress) -> None:
    outcome.send(run)
    pending = run.payment.pending_outcome
    assert pending is not None
    run.desk.psp.send_outcome(pending.body + " ", verdict="OK", timeout=1)


def report_ko_whatever_happened(run: PaymentInProgress) -> None:
    body = run.desk.psp.outcome_body(token=run.payment.token, key="70000000001_0000000000", details=None)
    run.record(e.OutcomeIntended("KO", "70000000001_0000000000", body))
    run.record(run.desk.psp.send_outcome(body, verdict="KO", timeout=1))


def never_report(run: PaymentInProgress) -> None:
    run.record(e.OutcomeAccepted())


def _forget(_answer: ChargeAnswer) -> None:
    """The mutant doesn't write it down."""


@pytest.mark.parametrize(
    ("state", "mutation", "mood", "rule"),
    [
        (State.CHARGING, ask_the_reader_twice, Mood.APPROVE, rules.one_card_command_per_charge_started),
        (State.CHARGING, ask_the_reader_twice, Mood.APPROVE, rules.no_card_is_charged_twice),
        (State.CHARGE_UNCERTAIN, take_silence_for_a_decline, Mood.LOST_CHARGED, rules.ko_only_where_nothing_was_taken),
        (
            State.CHARGE_UNCERTAIN,
            take_silence_for_a_decline,
            Mood.LOST_CHARGED,
            rules.nothing_charged_is_said_only_where_it_is_true,
        ),
        (
            State.ACTIVATED,
            charge_without_the_fee,
            Mood.APPROVE,
            rules.no_charge_before_activation_or_for_another_amount,
        ),
        (State.REPORTING_OK, report_other_bytes_under_the_same_key, Mood.APPROVE, rules.one_verdict_per_token),
        (State.REPORTING_OK, report_ko_whatever_happened, Mood.APPROVE, rules.ko_only_where_nothing_was_taken),
        (State.REPORTING_OK, never_report, Mood.APPROVE, rules.every_session_gets_its_outcome),
    ],
)
def test_a_wrong_action_is_caught_by_its_rule(
    state: State, mutation: Mutation, mood: Mood, rule: rules.Checker
) -> None:
    world = World(actions={**ACTIONS, state: mutation})
    world.reader.moods.append(mood)
    world.pay(NOTICE)
    assert list(rule(world)), f"{mutation.__name__} was not noticed by {rule.__name__}"


def test_the_right_actions_break_no_rule() -> None:
    for mood in Mood:
        world = World()
        world.reader.moods.append(mood)
        world.pay(NOTICE)
        world.heal()
        assert rules.broken_rules(world) == [], mood
