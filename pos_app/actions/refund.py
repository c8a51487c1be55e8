"""REFUNDING and REVERSING: the money goes back while the citizen and the same card are there (ecr17.md 3.4)."""

from drivers.contracts import ReversalAnswer, ReversalVerdict
from pos_app.actions.card import as_card, record_receipt
from pos_app.actions.paper import print_slip
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    Event,
    RefundDeferred,
    ReversalApproved,
    ReversalRefused,
    ReversalStarted,
    ReversalUncertain,
)


def offer_reversal(run: PaymentInProgress) -> None:
    """Ask whether to reverse now; without a STAN, a second time, or without an answer it becomes a case."""
    card = run.payment.card
    if card is None or not card.stan.strip("0") or run.payment.reversal_stan:
        defer(run, "storno non possibile al banco")
    elif run.ask(Question.REVERSAL, timeout=run.desk.limits.question) is Answer.YES:
        run.record(ReversalStarted(card.stan))
    else:
        defer(run, "storno rinviato")


def reverse(run: PaymentInProgress) -> None:
    """Ask the reader, once: this runs only right behind ReversalStarted."""
    desk = run.desk
    answer = desk.reader.reverse(
        run.payment.reversal_stan,
        timeout=desk.limits.reversal,
        tick=desk.tick,
        on_result=lambda result: _record_reversal(run, result),
    )
    if answer.verdict is ReversalVerdict.UNCERTAIN:
        defer(run, answer.reason)
    else:
        record_receipt(run, answer.receipt)


def defer(run: PaymentInProgress, reason: str) -> None:
    """Make it a case, and give the citizen a slip that says the money is due back."""
    run.record(RefundDeferred(reason))
    print_slip(run, "refund_due")


def _record_reversal(run: PaymentInProgress, answer: ReversalAnswer) -> None:
    run.record(_event_of(answer))


def _event_of(answer: ReversalAnswer) -> Event:
    if answer.verdict is ReversalVerdict.APPROVED and answer.transaction is not None:
        return ReversalApproved(as_card(answer.transaction))
    if answer.verdict in (ReversalVerdict.REFUSED, ReversalVerdict.NOT_STARTED):
        return ReversalRefused(answer.reason)
    return ReversalUncertain(answer.reason)
