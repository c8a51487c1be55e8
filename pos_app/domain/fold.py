"""The fold: what each event tells about its payment. A payment is its events, applied one after the other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pos_app.domain import events as e
from pos_app.domain.money import cents
from pos_app.domain.notice import FiscalCode, NoticeCode, NoticeNumber
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState, PrintJob, ended, interrupted
from pos_app.domain.states import PARKED_BY_NATURE, State, next_state

# The verdict of a closed case that says the citizen has the money back.
REFUNDED = "refunded"


@dataclass(frozen=True)
class Record:
    """One line of the journal: what happened to which payment, and when."""

    seq: int
    payment_id: str
    stamp: e.Stamp
    event: e.Event


def apply(payment: Payment, stamp: e.Stamp, event: e.Event) -> Payment:
    """The payment after `event`. Raises ImpossibleEvent for what the state table does not allow."""
    learned = learn(payment, stamp, event)
    return moved(learned, next_state(learned, event))


def learn(payment: Payment, stamp: e.Stamp, event: e.Event) -> Payment:
    """The payment with what `event` tells, before it moves: guards may ask for facts that came with the event."""
    changes = _CHANGES.get(type(event), _nothing)(payment, event, stamp)
    return _with(payment, {"updated": stamp, "opened": payment.opened or stamp, **changes})


def moved(learned: Payment, state: State) -> Payment:
    """The payment in `state`, after it learned what led there."""
    # Whoever was parked once has gone: nobody waits at the counter for what follows either.
    return _with(learned, {"state": state, "parked": learned.parked or state in PARKED_BY_NATURE})


def fold(records: Iterable[Record]) -> dict[str, Payment]:
    """All payments of these records, by id, in the order of their first record. Raises ImpossibleEvent."""
    payments: dict[str, Payment] = {}
    for record in records:
        payment = payments.get(record.payment_id) or Payment(record.payment_id)
        payments[record.payment_id] = apply(payment, record.stamp, record.event)
    return payments


def _with(payment: Payment, changes: "Changes") -> Payment:
    # As `dataclasses.replace`, which would set all sixty fields one by one for each record.
    after = object.__new__(Payment)
    vars(after).update(vars(payment), **changes)
    return after


# --- what each event tells ---------------------------------------------------------------------

Changes = Mapping[str, Any]
Change = Callable[[Payment, Any, e.Stamp], Changes]


def _nothing(_payment: Payment, _event: e.Event, _stamp: e.Stamp) -> Changes:
    return {}


def _notice_read(_payment: Payment, event: e.NoticeRead, _stamp: e.Stamp) -> Changes:
    number, creditor = NoticeNumber(event.notice_number), FiscalCode(event.creditor)
    return {
        "notice": NoticeCode(number, creditor, cents(event.amount), event.source),
        "amount": event.amount,
        "verify": event.verify,
        "operation": event.operation,
        "language": event.language,
    }


def _notice_verified(_payment: Payment, event: e.NoticeVerified, _stamp: e.Stamp) -> Changes:
    return {
        "amount": event.amount,
        "company_name": event.company_name,
        "office_name": event.office_name,
        "description": event.description,
        "due_date": event.due_date,
        "payment_note": event.payment_note,
        "standin": event.standin,
    }


def _refused(_payment: Payment, event: e.NoticeRefused | e.ActivationRefused, _stamp: e.Stamp) -> Changes:
    return {"refusal": event, "reason": event.description or event.code}


def _with_reason(
    _payment: Payment,
    event: e.VerificationUnanswered | e.ReaderNotReady | e.CardNotStarted | e.CardUncertain | e.RecoveryExhausted,
    _stamp: e.Stamp,
) -> Changes:
    return {"reason": event.reason}


def _confirmed(_payment: Payment, event: e.CustomerConfirmed, _stamp: e.Stamp) -> Changes:
    return {
        "amount": event.amount,
        "fee": event.fee,
        "confirmed": event.amount + event.fee,
        "trial": event.trial,
    }


def _amount_accepted(_payment: Payment, event: e.AmountAccepted, _stamp: e.Stamp) -> Changes:
    return {"fee": event.fee, "confirmed": event.amount + event.fee}


def _baseline_taken(_payment: Payment, event: e.BaselineTaken, _stamp: e.Stamp) -> Changes:
    return {"baseline": event, "baseline_fresh": True}


def _activation_intended(_payment: Payment, event: e.ActivationIntended, stamp: e.Stamp) -> Changes:
    return {"activation": event, "activation_sent": stamp, "activation_latest": stamp, "activation_tries": 0}


def _activation_unanswered(payment: Payment, event: e.ActivationUnanswered, stamp: e.Stamp) -> Changes:
    return {"activation_tries": payment.activation_tries + 1, "activation_latest": stamp, "reason": event.reason}


def _activation_accepted(payment: Payment, event: e.ActivationAccepted, stamp: e.Stamp) -> Changes:
    return {
        "activation_latest": stamp,
        "token": event.token,
        "amount": event.amount,
        "iuv": event.iuv,
        "company_name": event.company_name or payment.company_name,
        "office_name": event.office_name or payment.office_name,
        "description": event.description or payment.description,
        "standin": event.standin,
        "reason": "",
    }


def _charge_started(_payment: Payment, event: e.ChargeStarted, stamp: e.Stamp) -> Changes:
    return {
        "attempts": event.attempt,
        "charge_started": stamp,
        "charge_open": True,
        "baseline_fresh": False,
        "reason": "",
    }


def _card_approved(_payment: Payment, event: e.CardApproved, _stamp: e.Stamp) -> Changes:
    return {"card": event.card, "charge_open": False, "reason": ""}


def _card_not_paid(_payment: Payment, event: e.CardDeclined | e.CardNotStarted, _stamp: e.Stamp) -> Changes:
    return {"charge_open": False, "reason": event.reason}


def _card_not_charged(_payment: Payment, event: e.CardNotCharged, _stamp: e.Stamp) -> Changes:
    return {"charge_open": False, "reason": event.evidence}


def _card_other_amount(_payment: Payment, event: e.CardOtherAmount, _stamp: e.Stamp) -> Changes:
    return {"other_amount_card": event.card, "charge_open": False, "reason": "importo diverso"}


def _late_card_approval(payment: Payment, event: e.LateCardApproval, _stamp: e.Stamp) -> Changes:
    adopted = payment.card is None and payment.state in (State.ACTIVATED, State.DECLINED)
    return {"card": event.card} if adopted else {"late_cards": (*payment.late_cards, event.card)}


def _unexplained(_payment: Payment, event: e.UnexplainedApproval, _stamp: e.Stamp) -> Changes:
    return {"card": event.card, "amount": event.card.amount or 0}


def _evidence_frozen(_payment: Payment, _event: e.EvidenceFrozen, _stamp: e.Stamp) -> Changes:
    return {"evidence_frozen": True}


def _found_charged(_payment: Payment, event: e.OperatorFoundCharged, _stamp: e.Stamp) -> Changes:
    return {"found_charged_by": event.operator, "charge_open": False, "reason": event.reason}


def _found_not_charged(payment: Payment, event: e.OperatorFoundNotCharged, _stamp: e.Stamp) -> Changes:
    # Of a charge for another amount a person can only find that it was given back.
    given_back = payment.other_amount_card is not None
    return {"charge_open": False, "refunded": payment.refunded or given_back, "reason": event.reason}


def _reader_receipt(_payment: Payment, event: e.ReaderReceiptTaken, _stamp: e.Stamp) -> Changes:
    return {"reader_receipt": event.lines}


def _reversal_started(_payment: Payment, event: e.ReversalStarted, _stamp: e.Stamp) -> Changes:
    return {"reversal_stan": event.stan}


def _reversal_approved(_payment: Payment, event: e.ReversalApproved, _stamp: e.Stamp) -> Changes:
    # The slip of the charge is none of the reversal's; the reader sends that one's own, if it has one.
    return {"reversed": True, "reversal_card": event.card, "reader_receipt": ()}


def _outcome_intended(payment: Payment, event: e.OutcomeIntended, stamp: e.Stamp) -> Changes:
    return {
        "outcomes": (*payment.outcomes, event),
        "outcome_sent": stamp,
        "new_key_due": False,
        "send_at_once": False,
    }


def _outcome_unanswered(payment: Payment, event: e.OutcomeUnanswered, stamp: e.Stamp) -> Changes:
    return {"outcome_tries": payment.outcome_tries + 1, "outcome_sent": stamp, "reason": event.reason}


def _outcome_blocked(payment: Payment, event: e.OutcomeBlocked, stamp: e.Stamp) -> Changes:
    return {
        "outcome_tries": payment.outcome_tries + 1,
        "outcome_sent": stamp,
        "new_key_due": True,
        "send_at_once": event.at_once and not payment.at_once_used,
        "at_once_used": payment.at_once_used or event.at_once,
        "reason": event.description or event.code,
    }


def _outcome_accepted(_payment: Payment, _event: e.OutcomeAccepted, stamp: e.Stamp) -> Changes:
    return {"accepted": True, "settled_at": stamp, "ladder_exhausted": False}


def _outcome_late(_payment: Payment, event: e.OutcomeRecordedLate, stamp: e.Stamp) -> Changes:
    return {"recorded_late": event.code, "settled_at": stamp, "ladder_exhausted": False}


def _outcome_conflict(
    payment: Payment, event: e.RivalPaymentFound | e.OutcomeDiscordant | e.OutcomeRefused, _stamp: e.Stamp
) -> Changes:
    conflict = not isinstance(event, e.OutcomeRefused)
    return {"reason": event.code, "conflict": payment.conflict or conflict}


def _ladder_reset(_payment: Payment, _event: e.LadderReset, _stamp: e.Stamp) -> Changes:
    return {"outcome_tries": 0, "ladder_exhausted": False}


def _token_too_short(_payment: Payment, _event: e.TokenTooShort, _stamp: e.Stamp) -> Changes:
    return {"token_too_short": True}


def _ladder_exhausted(_payment: Payment, _event: e.LadderExhausted, _stamp: e.Stamp) -> Changes:
    return {"ladder_exhausted": True}


def _outcome_resent(_payment: Payment, _event: e.OutcomeResent, _stamp: e.Stamp) -> Changes:
    return {"outcome_tries": 0, "new_key_due": True, "send_at_once": True, "ladder_exhausted": False}


def _parked(_payment: Payment, event: e.PaymentParked, _stamp: e.Stamp) -> Changes:
    return {"parked": True, "reason": event.reason}


def _print_started(payment: Payment, event: e.PrintStarted, _stamp: e.Stamp) -> Changes:
    return {"copies": (*payment.copies, PrintJob(event.copy, event.attempt))}


def _copy_printed(payment: Payment, event: e.CopyPrinted, _stamp: e.Stamp) -> Changes:
    return {"copies": ended(payment.copies, event.copy, JobState.PRINTED, proof=event.proof)}


def _copy_unproven(payment: Payment, event: e.CopyUnproven, _stamp: e.Stamp) -> Changes:
    return {"copies": ended(payment.copies, event.copy, JobState(event.state), reason=event.reason)}


def _receipt_deferred(_payment: Payment, event: e.ReceiptDeferred, _stamp: e.Stamp) -> Changes:
    return {"receipt_deferred": event.reason}


def _case_closed(_payment: Payment, event: e.CaseClosed, _stamp: e.Stamp) -> Changes:
    return {"case_closed": True, "refunded": event.verdict == REFUNDED, "reason": event.reason}


def _carried_over(payment: Payment, event: e.CarriedOver, _stamp: e.Stamp) -> Changes:
    # Records may be lost: that nothing was charged is no longer proven, unless an outcome was already journaled on it.
    return {
        "reason": event.reason,
        "restarted": True,
        "baseline_fresh": False,
        "charge_open": payment.charge_open or not payment.outcomes,
    }


def _restarted(payment: Payment, _event: e.TerminalRestarted, stamp: e.Stamp) -> Changes:
    return {
        "restarted": True,
        "baseline_fresh": False,
        "copies": interrupted(payment.copies),
        # A repeat may have been under way when the process ended; and from here on no wall clock has to be believed.
        "activation_latest": stamp,
    }


_CHANGES: dict[type[e.Event], Change] = {
    e.NoticeRead: _notice_read,
    e.NoticeVerified: _notice_verified,
    e.NoticeRefused: _refused,
    e.VerificationUnanswered: _with_reason,
    e.CustomerConfirmed: _confirmed,
    e.ReaderNotReady: _with_reason,
    e.BaselineTaken: _baseline_taken,
    e.ActivationIntended: _activation_intended,
    e.ActivationAccepted: _activation_accepted,
    e.ActivationRefused: _refused,
    e.ActivationUnanswered: _activation_unanswered,
    e.AmountAccepted: _amount_accepted,
    e.ChargeStarted: _charge_started,
    e.CardApproved: _card_approved,
    e.CardDeclined: _card_not_paid,
    e.CardNotStarted: _card_not_paid,
    e.CardUncertain: _with_reason,
    e.CardOtherAmount: _card_other_amount,
    e.CardNotCharged: _card_not_charged,
    e.LateCardApproval: _late_card_approval,
    e.UnexplainedApproval: _unexplained,
    e.ReaderReceiptTaken: _reader_receipt,
    e.RecoveryExhausted: _with_reason,
    e.EvidenceFrozen: _evidence_frozen,
    e.OperatorFoundCharged: _found_charged,
    e.OperatorFoundNotCharged: _found_not_charged,
    e.ReversalStarted: _reversal_started,
    e.ReversalApproved: _reversal_approved,
    e.OutcomeIntended: _outcome_intended,
    e.OutcomeAccepted: _outcome_accepted,
    e.OutcomeRecordedLate: _outcome_late,
    e.RivalPaymentFound: _outcome_conflict,
    e.OutcomeDiscordant: _outcome_conflict,
    e.OutcomeUnanswered: _outcome_unanswered,
    e.OutcomeBlocked: _outcome_blocked,
    e.LadderExhausted: _ladder_exhausted,
    e.LadderReset: _ladder_reset,
    e.TokenTooShort: _token_too_short,
    e.OutcomeRefused: _outcome_conflict,
    e.OutcomeResent: _outcome_resent,
    e.PaymentParked: _parked,
    e.PrintStarted: _print_started,
    e.CopyPrinted: _copy_printed,
    e.CopyUnproven: _copy_unproven,
    e.ReceiptDeferred: _receipt_deferred,
    e.CaseClosed: _case_closed,
    e.CarriedOver: _carried_over,
    e.TerminalRestarted: _restarted,
}
