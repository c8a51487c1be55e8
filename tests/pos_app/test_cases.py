"""Cases: what a person may rule hangs on the evidence, and every verdict is a record."""

import pytest

from drivers.contracts import CardTransaction
from pos_app.cases import CaseError, case_of, cases, rule
from pos_app.counter import Answer, Question
from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.testing.reader import Mood
from pos_app.testing.rules import broken_rules
from pos_app.testing.world import World


def in_case(world: World) -> Payment:
    (case,) = cases(world.journal.payments)
    return case.payment


def ruled(world: World, verdict: str) -> Payment:
    payment = in_case(world)
    world.journal.append(payment.id, rule(payment, verdict, operator="Anna", reason="scontrino visto"))
    world.background.try_now(world.journal.payments[payment.id])
    world.drain()
    return world.journal.payments[payment.id]


def with_another_amount() -> World:
    world = World()
    world.reader.moods.append(Mood.OTHER_AMOUNT)
    world.pay()
    return world


def exhausted() -> World:
    """A charge that the reader can tell nothing about, until a person has to."""
    world = World()
    world.reader.moods.append(Mood.LOST_CHARGED)
    world.reader.forgets = True
    world.pay()
    return world


def refused(*answers: e.Event) -> World:
    world = World()
    world.people.answers[Question.REVERSAL] = Answer.LATER
    world.psp.outcome_answers += answers  # type: ignore[arg-type]  # each is an outcome's answer
    world.pay()
    return world


def test_a_payment_that_went_well_is_no_case() -> None:
    world = World()
    payment = world.pay()
    assert payment is not None
    assert cases(world.journal.payments) == []
    with pytest.raises(CaseError, match="needs no person"):
        case_of(payment)


def test_a_charge_for_another_amount_can_be_reported_or_found_refunded_never_called_not_charged() -> None:
    world = with_another_amount()
    assert set(case_of(in_case(world)).verdicts) == {"charged", "refunded", "free-reader"}
    with pytest.raises(CaseError, match="not a verdict"):
        rule(in_case(world), "not-charged", operator="Anna", reason="x")
    found = ruled(world, "refunded")
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["KO"]
    assert found.state is State.CLOSED
    assert not found.was_charged


def test_an_unknown_charge_that_a_person_found_charged_is_reported_ok() -> None:
    world = exhausted()
    assert in_case(world).state is State.OPERATOR_RULING
    found = ruled(world, "charged")
    assert found.accepted
    assert broken_rules(world) == []


def test_freeing_the_reader_leaves_the_case_open() -> None:
    world = exhausted()
    payment = in_case(world)
    world.journal.append(payment.id, rule(payment, "free-reader", operator="Anna", reason="prova stampata"))
    assert not in_case(world).holds_reader
    assert "free-reader" not in case_of(in_case(world)).verdicts


def test_an_outcome_that_was_refused_can_be_sent_again_under_a_new_key() -> None:
    world = refused(e.OutcomeRefused("PPT_SINTASSI_XSD"))
    sent = ruled(world, "resend")
    assert sent.accepted
    first, second = sent.outcomes
    assert first.key != second.key


def test_a_payment_that_lost_to_a_rival_can_be_refunded_but_not_sent_again() -> None:
    world = refused(e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    assert set(case_of(in_case(world)).verdicts) == {"refunded", "settled"}
    closed = ruled(world, "refunded")
    assert closed.state is State.CLOSED
    assert closed.refunded
    assert cases(world.journal.payments) == []


def test_an_exhausted_ladder_begins_anew() -> None:
    world = World()
    world.psp.outcome_answers += [e.OutcomeUnanswered("nessuna risposta")] * 5
    world.pay()
    world.drain()
    assert in_case(world).outcome_tries == 5
    assert ruled(world, "retry").accepted


@pytest.mark.parametrize(("operator", "reason"), [("", "x"), ("Anna", " "), ("", "")])
def test_a_verdict_needs_a_name_and_a_reason(operator: str, reason: str) -> None:
    world = with_another_amount()
    with pytest.raises(CaseError, match="reason"):
        rule(in_case(world), "charged", operator=operator, reason=reason)


def test_a_psp_that_refunds_late_outcomes_gets_them_as_refunds() -> None:
    world = World()
    world.refund_late = True
    world.start()
    world.people.answers[Question.REVERSAL] = Answer.YES
    world.psp.outcome_answers.append(e.OutcomeRecordedLate("PPT_TOKEN_SCADUTO"))
    payment = world.pay()
    assert payment is not None
    assert payment.reversed


def test_a_token_that_is_too_short_is_given_back_and_a_fresh_one_is_offered() -> None:
    world = World()
    world.people.answers[Question.START_AGAIN] = Answer.YES
    world.psp.slow_activations = 1
    payment = world.pay()
    assert payment is not None
    assert payment.accepted
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["KO", "OK"]
    assert len(world.reader.ledger) == 1


def test_a_reader_that_can_tell_after_all_settles_the_ruling_by_itself() -> None:
    world = exhausted()
    assert in_case(world).state is State.OPERATOR_RULING
    world.reader.forgets = False
    world.drain()
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["OK"]
    assert cases(world.journal.payments) == []


def test_a_charge_that_no_payment_here_explains_is_a_case_of_its_own_until_somebody_says_what_it_was() -> None:
    world = World()
    stranger = CardTransaction("00", approved=True, fingerprint="stranger", terminal_id="00000001", amount=500)
    world.reader.on_late(stranger)
    world.reader.on_late(stranger)  # told again: still the one
    found = in_case(world)
    assert (found.state, found.notice, found.total, found.holds_reader) == (State.RECONCILING, None, 500, False)
    assert "no payment here explains" in case_of(found).why
    world.restart()
    closed = ruled(world, "settled")
    assert (closed.state, closed.needs_person) == (State.CLOSED, False)
    assert broken_rules(world) == []
    paid = world.pay()
    assert paid is not None
    assert paid.accepted
