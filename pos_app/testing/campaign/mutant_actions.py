"""Actions of wrong terminals, each in the place of the right one of its state."""

from dataclasses import replace

from drivers.contracts import ChargeAnswer
from drivers.errors import DeviceError
from pos_app.actions import activation, card, notice, outcome, paper
from pos_app.actions.activation import new_key
from pos_app.desk import PaymentInProgress, no_objection
from pos_app.domain import events as e
from pos_app.domain.notice import NoticeCode
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.terminal import Terminal
from pos_app.testing.campaign.mutant_readers import PlainReader


def take_silence_for_a_decline(run: PaymentInProgress) -> None:
    """KO on unknown."""
    run.record(e.CardNotCharged("silenzio"))


def charge_without_the_fee(run: PaymentInProgress) -> None:
    """The card is asked for less than was journaled."""
    desk, payment = run.desk, run.payment

    def take(answer: ChargeAnswer) -> None:
        if answer.transaction is None:
            run.record(e.CardUncertain(answer.reason))
        else:
            run.record(e.CardApproved(card.as_card(answer.transaction)))

    desk.reader.pay(payment.amount, reference=payment.operation, timeout=300, tick=desk.tick, on_result=take)


def confirm_at_any_reader(run: PaymentInProgress) -> None:
    """Nobody asks whether this reader may be asked for money here."""
    notice.confirm(PaymentInProgress(replace(run.desk, objection=no_objection), run.payment_id))


class ForgetfulTerminal(Terminal):
    """Sells a notice again that another payment of its own still holds."""

    def holding(self, code: NoticeCode) -> Payment | None:
        """See Terminal.holding."""
        return None


def report_under_a_new_key_each_time(run: PaymentInProgress) -> None:
    """Every try is a request of its own."""
    before, key = run.payment.pending_outcome, new_key(run)
    if before is None:
        outcome.send(run)
        return
    again = e.OutcomeIntended(before.verdict, key, before.body.replace(before.key, key))
    run.record(again)
    run.record(run.desk.psp.send_outcome(again.body, verdict=again.verdict, timeout=run.desk.limits.outcome))


def print_before_the_answer(run: PaymentInProgress) -> None:
    """The citizen is told "eseguito" as soon as the card was charged."""
    if not run.payment.copies:
        paper.print_slip(run, "customer")
    outcome.report(run)


def close_what_is_abandoned(run: PaymentInProgress) -> None:
    """Nobody waits for the activation's answer, so nobody asks for it again."""
    activation.activate(run)
    if run.payment.state is State.RELEASING:
        run.record(e.LockExpired())


def repeat_an_answered_refusal(run: PaymentInProgress) -> None:
    """The same bytes under the same key, although that key was answered."""
    pending = run.payment.pending_outcome
    if pending is None or not run.payment.new_key_due:
        outcome.report(run)
        return
    run.record(run.desk.psp.send_outcome(pending.body, verdict=pending.verdict, timeout=run.desk.limits.outcome))


def reverse_what_is_unknown(run: PaymentInProgress) -> None:
    """Rather give back too much than ask a person."""
    reader, desk = run.desk.reader, run.desk
    try:
        last = reader.inner.last(timeout=15, tick=desk.tick) if isinstance(reader, PlainReader) else None
    except DeviceError:
        last = None
    if last is None:
        card.resolve(run)
        return
    run.record(e.RecoveryExhausted("per prudenza"))
    run.record(e.ReversalStarted(last.stan))
    reader.reverse(last.stan, timeout=300, tick=desk.tick, on_result=lambda _answer: None)
