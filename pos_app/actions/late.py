"""A result that the reader tells outside its command: which payment it belongs to (reliability.md 3, S9 and S14)."""

from drivers.contracts import CardTransaction
from pos_app import ids
from pos_app.actions.card import as_card
from pos_app.desk import Desk, PaymentInProgress
from pos_app.domain.events import CardApproved, Event, LateCardApproval, ReversalApproved, UnexplainedApproval
from pos_app.domain.payment import Payment
from pos_app.domain.states import ImpossibleEvent, State, next_state

# Where a late approval for the right amount settles the question, and where it is one more fact beside it.
_UNKNOWN = (State.CHARGE_UNCERTAIN, State.OPERATOR_RULING)
_LISTENING = (State.ACTIVATED, State.DECLINED)


def take(desk: Desk, transaction: CardTransaction) -> None:
    """Make it durable, with the payment it can belong to, the newest first; else as a case of its own.

    Raises JournalFailed; the reader is then not acknowledged and will tell again.
    """
    payments = list(desk.journal.payments.values())
    if not transaction.approved or any(payment.knows_card(transaction.fingerprint) for payment in payments):
        return
    for payment in reversed(payments):
        if payment.state in _UNKNOWN and transaction.amount is None:
            break  # most likely its own, but only the last result and the totals can prove it; never an older one's
        event = _event_for(payment, transaction)
        if event is not None:
            PaymentInProgress(desk, payment.id).record(event)
            return
    stray = PaymentInProgress(desk, ids.payment_id(desk.clock, desk.random_text))
    stray.record(UnexplainedApproval(as_card(transaction)))


def _waits_for_reversal(payment: Payment) -> bool:
    """Whether a reversal of it was asked for, and nobody knows how that ended."""
    asked = bool(payment.reversal_stan) and not payment.reversed
    return asked and payment.state in (State.REVERSING, State.RECONCILING)


def _event_for(payment: Payment, transaction: CardTransaction) -> Event | None:
    """What this approval is for `payment`; None where it can't belong to it."""
    taken, charged = payment.baseline, as_card(transaction)
    if payment.charge_started is None or taken is None or taken.last_result == transaction.fingerprint:
        return None
    if _waits_for_reversal(payment) and transaction.amount is None:
        return ReversalApproved(charged)  # a reversal's result names no amount (ecr17.md 2.3): it answers our own S
    fits = transaction.amount == payment.total
    if payment.state in _UNKNOWN:
        return CardApproved(charged) if fits else None
    if payment.state in _LISTENING and not fits:
        return None
    try:
        next_state(payment, LateCardApproval(charged))
    except ImpossibleEvent:
        return None
    return LateCardApproval(charged) if transaction.amount in (None, payment.total) else None
