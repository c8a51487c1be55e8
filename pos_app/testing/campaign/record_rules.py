"""What must hold when a record is made: each rule names its invariant of reliability.md 1 and its count."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from pos_app.desk import Limits
from pos_app.domain import events as e
from pos_app.domain.states import State

if TYPE_CHECKING:
    from pos_app.testing.campaign.witness import Recorded, Witness

BUDGET = Limits().token_budget
_LONGEST_CALL = Limits().outcome
_PAID = frozenset({"customer", "merchant"})
_PAID_LATE = frozenset({"recorded_late", "recorded_late_merchant"})
_DEFINITE = (e.RivalPaymentFound, e.OutcomeDiscordant, e.OutcomeRefused, e.OutcomeRecordedLate)
_NOT_YET_ACTIVATED = (State.READY, State.VERIFYING, State.CONFIRMING)
_UNKNOWN = (State.CHARGING, State.CHARGE_UNCERTAIN, State.OPERATOR_RULING)

Found = Iterator[tuple[str, str, str]]
Rule = Callable[["Witness", "Recorded"], Found]


def _no_notice_is_sold_twice(witness: "Witness", seen: "Recorded") -> Found:
    """Money rule 8: a notice that a payment here holds opens that payment, never a new one."""
    event = seen.event
    assert isinstance(event, e.NoticeRead)
    for other in witness.payments.values():
        notice, is_held = other.notice, other.is_open and other.state not in _NOT_YET_ACTIVATED
        if other.id != seen.before.id and is_held and notice and notice.number.digits == event.notice_number:
            yield "double", "money rule 8", f"{event.operation} is a second payment beside {other.operation}"


def _whose_card(witness: "Witness", seen: "Recorded") -> Found:
    """Invariant 10: a result belongs to the payment whose charge it is."""
    card = getattr(seen.event, "card", None)
    if not isinstance(card, e.Card):
        return
    stan = card.stan.lstrip("0")
    charges = [charge for charge in witness.reader.ledger if charge.reference == seen.before.operation]
    if not any(stan in ("", charge.stan.lstrip("0")) for charge in charges):
        yield "ok_without_charge", "10 a result belongs to its charge", f"STAN {card.stan} is another payment's"


def _really_not_charged(witness: "Witness", seen: "Recorded") -> Found:
    """Invariants 5 and 24, money rule 5."""
    if witness.reader.charges_of(seen.before.operation):
        yield "lost", "5 no charge only with proof", f"{type(seen.event).__name__}, and the card was charged"


def _may_charge(witness: "Witness", seen: "Recorded") -> Found:
    """Invariants 2, 11, 12 and 13, money rule 2."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.ChargeStarted)
    if witness.reader.charges_of(payment.operation):
        yield "double", "2 one charge a payment", "a second charge begins"
    if payment.confirmed != event.amount or payment.total != event.amount:
        yield "double", "13 the amount that was agreed to", f"{event.amount} asked, {payment.confirmed} agreed"
    others = (each for each in witness.payments.values() if each.id != payment.id)
    if any(each.state in _UNKNOWN and not each.evidence_frozen for each in others):
        yield "unreported_uncertain", "11 no charge while one is unknown", "another one is"
    session = witness.far_side.session(payment.token)
    if session is None:
        return
    if session.payment.amount + payment.fee != event.amount:
        yield "double", "13 the amount that was activated", f"{event.amount} asked, {session.payment.amount} activated"
    if session.expires_at - witness.decided_at < timedelta(seconds=BUDGET - 1):
        yield "rival_not_refunded", "12 the token budget", f"the token ends {session.expires_at}"


def _one_activation(_witness: "Witness", seen: "Recorded") -> Found:
    """Invariant 6: while no answer came it is the same bytes and the same key."""
    if any(isinstance(event, e.ActivationIntended) for event in seen.earlier):
        yield "unreleased", "6 the same key until an answer comes", "a second activation"


def _may_report(witness: "Witness", seen: "Recorded") -> Found:
    """Invariants 4, 5, 6 and 7, money rules 3 and 4."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.OutcomeIntended)
    if payment.pending_outcome is not None and not payment.new_key_due:
        yield "stuck", "6 the same key until an answer comes", "a second intent without an answer"
    if any(isinstance(other, e.OutcomeIntended) and other.verdict != event.verdict for other in seen.earlier):
        yield "lost", "6 one verdict a token", f"{event.verdict} after the other one"
    if event.verdict == "OK" and not payment.was_charged:
        yield "ok_without_charge", "4 OK only behind an approval", "no approval is recorded"
    if (
        event.verdict == "OK"
        and payment.reversal_stan
        and not _happened_last(seen, e.ReversalStarted, e.ReversalRefused)
    ):
        yield "refunded_but_paid", "7 the latches", "OK while it may be reversed"
    if event.verdict == "KO":
        yield from _really_not_charged(witness, seen)


def _lock_is_over(witness: "Witness", seen: "Recorded") -> Found:
    """Money rule 3: a lock is given up only when it is surely over; a request may have been under way for a while."""
    key = seen.before.activation.key if seen.before.activation else ""
    soonest = witness.decided_at + timedelta(seconds=_LONGEST_CALL)
    for session in witness.far_side.our_sessions():
        if session.is_open and (session.cache_key or "").endswith(f"/{key}") and session.expires_at > soonest:
            yield "unreleased", "a lock is given up when it is over", f"it lasts until {session.expires_at}"


def _happened_last(seen: "Recorded", first: type[e.Event], second: type[e.Event]) -> bool:
    """Whether a `second` came after the last `first`."""
    last = [type(event) for event in seen.earlier if isinstance(event, (first, second))]
    return bool(last) and last[-1] is second


def _may_reverse(_witness: "Witness", seen: "Recorded") -> Found:
    """Invariant 7, money rule 4: never an unknown charge, never one whose OK may stand."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.ReversalStarted)
    known = payment.card or payment.other_amount_card
    if known is None or known.stan != event.stan:
        yield "refunded_but_paid", "4 an unknown charge is never reversed", f"STAN {event.stan}"
    if payment.ok_was_intended and not any(isinstance(other, _DEFINITE) for other in seen.earlier):
        yield "refunded_but_paid", "7 the latches", "reversed while OK may stand"


def _may_print(witness: "Witness", seen: "Recorded") -> Found:
    """Invariant 15, money rule 9."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.PrintStarted)
    if event.copy in _PAID and not payment.accepted:
        yield "unreported_uncertain", "15 'eseguito' only after the answer", event.copy
    if event.copy in _PAID_LATE and not payment.recorded_late:
        yield "unreported_uncertain", "15 'eseguito' only after the answer", event.copy
    charged = bool(witness.reader.charges_of(payment.operation))
    if event.copy == "not_executed" and (charged or not payment.proven_not_charged):
        yield "unreported_uncertain", "money rule 6", "'nothing charged' without proof"


def _simulated_and_real_never_cross(witness: "Witness", _seen: "Recorded") -> Found:
    """Money rule 11: nobody is asked for money where the reader doesn't belong to the PSP."""
    if witness.forbidden:
        yield "double", "money rule 11", "the citizen agreed to pay at a reader that does not belong to this PSP"


RULES: Mapping[type[e.Event], tuple[Rule, ...]] = {
    e.NoticeRead: (_no_notice_is_sold_twice,),
    e.CardApproved: (_whose_card,),
    e.CardOtherAmount: (_whose_card,),
    e.LateCardApproval: (_whose_card,),
    e.CardDeclined: (_really_not_charged,),
    e.CardNotStarted: (_really_not_charged,),
    e.CardNotCharged: (_really_not_charged,),
    e.CustomerConfirmed: (_simulated_and_real_never_cross,),
    e.ChargeStarted: (_may_charge,),
    e.ActivationIntended: (_one_activation,),
    e.OutcomeIntended: (_may_report,),
    e.LockExpired: (_lock_is_over,),
    e.ReversalStarted: (_may_reverse,),
    e.PrintStarted: (_may_print,),
}
