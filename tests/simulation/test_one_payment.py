"""One payment at the counter, step by step, in virtual time."""

from collections.abc import Callable

import pytest

from drivers.contracts import Baseline, ChargeAnswer, ChargeVerdict, ReversalAnswer, ReversalVerdict, Tick
from pos_app.cases import case_of
from pos_app.counter import Answer, Question
from pos_app.domain import events as e
from pos_app.domain.notice import read_qr
from pos_app.domain.states import State
from pos_app.testing.reader import MemoryReader, Mood
from pos_app.testing.world import NOTICE, World


def names(world: World) -> list[str]:
    return [type(record.event).__name__ for record in world.journal.records]


def test_a_notice_is_paid_and_receipted() -> None:
    world = World()
    payment = world.pay()
    assert payment is not None
    assert payment.state is State.CLOSED
    assert payment.accepted
    assert world.printer.papers == ["customer", "merchant"]
    assert [(line.amount, line.reversed) for line in world.reader.ledger] == [(12700, False)]
    assert names(world) == [
        "NoticeRead",
        "NoticeVerified",
        "BaselineTaken",
        "CustomerConfirmed",
        "ActivationIntended",
        "ActivationAccepted",
        "ChargeStarted",
        "CardApproved",
        "OutcomeIntended",
        "OutcomeAccepted",
        "PrintStarted",
        "CopyPrinted",
        "PrintStarted",
        "CopyPrinted",
        "ReceiptPrinted",
    ]


def test_a_declined_card_is_reported_ko_and_the_notice_is_free_again() -> None:
    world = World()
    world.reader.moods.append(Mood.DECLINE)
    payment = world.pay()
    assert payment is not None
    assert payment.proven_not_charged
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["KO"]
    assert world.printer.papers == ["not_executed"]
    again = world.pay()
    assert again is not None
    assert again.accepted


def test_another_card_may_be_tried_under_the_same_token() -> None:
    world = World()
    world.reader.moods.append(Mood.DECLINE)
    world.people.answers[Question.ANOTHER_CARD] = Answer.YES
    payment = world.pay()
    assert payment is not None
    assert payment.attempts == 2
    assert len(world.psp.sessions) == 1
    assert payment.accepted


def test_a_lost_approval_is_found_and_reported() -> None:
    world = World()
    world.reader.moods.append(Mood.LOST_CHARGED)
    payment = world.pay()
    assert payment is not None
    assert payment.accepted
    assert "CardUncertain" in names(world)


def test_a_raised_total_is_asked_for_before_the_card_moves() -> None:
    world = World()
    world.psp.activated_amount = 13000
    payment = world.pay()
    assert payment is not None
    assert payment.accepted
    assert world.reader.ledger[0].amount == 13150
    assert Question.CHANGED_AMOUNT in [view.question for view in world.people.views]


def test_a_raised_total_that_is_refused_is_reported_ko() -> None:
    world = World()
    world.psp.activated_amount = 13000
    world.people.answers[Question.CHANGED_AMOUNT] = Answer.NO
    payment = world.pay()
    assert payment is not None
    assert world.reader.ledger == []
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["KO"]


def test_a_charge_for_another_amount_stops_for_a_person() -> None:
    world = World()
    world.reader.moods.append(Mood.OTHER_AMOUNT)
    payment = world.pay()
    assert payment is not None
    assert payment.state is State.OPERATOR_RULING
    assert world.psp.outcomes == []


def test_while_a_charge_is_unknown_the_reader_takes_no_other() -> None:
    world = World()
    world.reader.moods.append(Mood.OTHER_AMOUNT)
    world.pay()
    other = world.pay(read_qr("PAGOPA|002|301000000000012474|77777777777|990"))
    assert other is not None
    assert other.state is State.CLOSED
    assert "fermo" in other.reason
    assert world.reader.asked == 1


def test_reading_a_notice_in_doubt_opens_its_payment_and_no_new_one() -> None:
    world = World()
    world.reader.moods.append(Mood.OTHER_AMOUNT)
    first = world.pay()
    second = world.pay()
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_nobody_at_the_counter_means_nothing_is_activated() -> None:
    world = World()
    del world.people.answers[Question.CONFIRM]
    payment = world.pay()
    assert payment is not None
    assert payment.state is State.CLOSED
    assert world.psp.sessions == {}


@pytest.mark.parametrize("boots", [1, 3])
def test_recovery_may_run_any_number_of_times(boots: int) -> None:
    world = World()
    world.reader.moods.append(Mood.LOST_CHARGED)
    world.terminal.begin(NOTICE)
    while world.terminal.current is not None and world.terminal.current.state is not State.CHARGE_UNCERTAIN:
        world.terminal.step()
    for _ in range(boots):
        world.restart()
    world.drain()
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["OK"]
    assert world.printer.papers == ["customer", "merchant"]


def test_a_late_approval_of_an_unknown_charge_settles_it() -> None:
    world = World()
    world.reader.moods.append(Mood.LATE)
    world.terminal.begin(NOTICE)
    while world.terminal.current is not None and world.terminal.current.state is not State.CHARGE_UNCERTAIN:
        world.terminal.step()
    world.reader.listen(timeout=1.0, tick=world.desk.tick)
    assert isinstance(world.journal.records[-1].event, e.CardApproved)


def test_the_same_content_goes_out_under_a_new_key_after_a_refusal_that_can_be_mended() -> None:
    world = World()
    world.psp.outcome_answers.append(e.OutcomeBlocked("PPT_ERRORE_IDEMPOTENZA", at_once=True))
    payment = world.pay()
    assert payment is not None
    first, second = payment.outcomes
    assert first.key != second.key
    assert first.body.replace(first.key, second.key) == second.body
    assert payment.accepted


def test_an_outcome_without_an_answer_is_parked_after_the_second_try_and_drains_later() -> None:
    world = World()
    world.psp.outcome_answers += [e.OutcomeUnanswered("nessuna risposta")] * 3
    payment = world.pay()
    assert payment is not None
    assert payment.parked
    assert world.printer.papers == ["in_verification"]
    world.drain()
    assert world.journal.payments[payment.id].accepted
    assert len(world.journal.payments[payment.id].outcomes) == 1
    assert world.printer.papers == ["in_verification"], "no receipt while another citizen may be paying"


def test_the_ladder_ends_after_five_tries_and_waits_for_a_person() -> None:
    world = World()
    world.psp.outcome_answers += [e.OutcomeUnanswered("nessuna risposta")] * 5
    payment = world.pay()
    assert payment is not None
    world.drain()
    assert world.journal.payments[payment.id].needs_person
    assert world.journal.payments[payment.id].outcome_tries == 5


def test_a_rival_payment_is_refunded_while_the_card_is_there() -> None:
    world = World()
    world.psp.outcome_answers.append(e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    payment = world.pay()
    assert payment is not None
    assert payment.reversed
    assert world.reader.ledger[0].reversed
    assert "customer" not in world.printer.papers


def test_a_refund_that_is_put_off_becomes_a_case() -> None:
    world = World()
    world.people.answers[Question.REVERSAL] = Answer.LATER
    world.psp.outcome_answers.append(e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    payment = world.pay()
    assert payment is not None
    assert payment.state is State.RECONCILING
    assert payment.needs_person
    assert world.printer.papers == ["refund_due"]


def test_a_lock_that_was_given_up_at_the_counter_is_released_without_a_restart() -> None:
    world = World()
    world.psp.lost_activations = 3
    payment = world.pay()
    assert payment is not None
    assert payment.state is State.RELEASING
    world.drain()
    assert [verdict for _, verdict, _ in world.psp.outcomes] == ["KO"]
    assert world.journal.payments[payment.id].state is State.CLOSED


def test_a_reversal_s_own_result_told_again_is_no_other_charge() -> None:
    world = World()
    world.psp.outcome_answers.append(e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    payment = world.pay()
    assert payment is not None
    told_again = world.reader.last_result
    assert told_again is not None
    world.reader.on_late(told_again)
    assert world.journal.payments[payment.id].late_cards == ()
    assert not world.journal.payments[payment.id].needs_person


def test_an_old_answer_with_another_payment_s_token_activates_nothing() -> None:
    world = World()
    first = world.pay()
    assert first is not None
    stale = e.ActivationAccepted(first.token, 12550, "77777777777", "01000000000012474")
    world.psp.activation_answers.append(stale)
    second = world.pay(read_qr("PAGOPA|002|301000000000012474|77777777777|12550"))
    assert second is not None
    assert second.accepted
    assert [(token, verdict) for token, verdict, _ in world.psp.outcomes] == [("token-1", "OK"), ("token-2", "OK")]


class TellsWhileAsked(MemoryReader):
    """Tells the lost result by itself while it is asked what became of it, and then knows nothing to say."""

    def resolve(
        self,
        amount: int,
        baseline: Baseline | None,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        assert self.last_result is not None
        self.on_late(self.last_result)
        self.clock.advance(700.0)  # longer than a recovery may take
        answer = ChargeAnswer(ChargeVerdict.UNCERTAIN, "il lettore non risponde")
        on_result(answer)
        return answer


def test_a_charge_that_was_settled_while_the_reader_was_asked_about_it_needs_nobody_to_rule() -> None:
    world = World()
    world.reader = TellsWhileAsked(world.clock, world.misfortune)
    world.reader.moods.append(Mood.LOST_CHARGED)
    world.start()
    payment = world.pay()
    assert payment is not None
    assert (payment.state, payment.accepted) == (State.CLOSED, True)


class LosesReversals(MemoryReader):
    """Gives the money back, and its answer is lost."""

    def reverse(
        self, stan: str, *, timeout: float, tick: Tick, on_result: Callable[[ReversalAnswer], None]
    ) -> ReversalAnswer:
        super().reverse(stan, timeout=timeout, tick=tick, on_result=lambda _answer: None)
        answer = ReversalAnswer(ReversalVerdict.UNCERTAIN, "esito dello storno non noto")
        on_result(answer)
        return answer


def test_a_reversal_that_is_told_after_it_became_a_case_is_a_reversal_and_no_other_charge() -> None:
    world = World()
    world.reader = LosesReversals(world.clock, world.misfortune)
    world.start()
    world.psp.outcome_answers.append(e.RivalPaymentFound("PPT_PAGAMENTO_DUPLICATO"))
    payment = world.pay()
    assert payment is not None
    assert (payment.state, payment.reversed) == (State.RECONCILING, False)
    assert world.reader.last_result is not None
    world.reader.on_late(world.reader.last_result)
    told = world.journal.payments[payment.id]
    assert (told.state, told.reversed, told.late_cards) == (State.RECONCILING, True, ())
    assert "went back" in case_of(told).why
