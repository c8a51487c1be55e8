"""The finance queue: what a person must look at, what may be ruled on it, and how a ruling becomes a record.

A case is no table of its own: it is a payment whose fold says so. What may be ruled hangs on the evidence, so that
nobody can rule against it (product.md F4; reliability.md O6).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pos_app.domain import events as e
from pos_app.domain.fold import REFUNDED
from pos_app.domain.payment import Payment
from pos_app.domain.states import State

Ruling = Callable[[str, str], e.Event]  # operator, reason


class CaseError(ValueError):
    """This cannot be ruled; the message says what can."""


@dataclass(frozen=True)
class Case:
    """A payment in front of a person: why, and which verdicts its evidence allows."""

    payment: Payment
    why: str
    verdicts: Mapping[str, Ruling]


def cases(payments: Mapping[str, Payment]) -> list[Case]:
    """All open cases, oldest first."""
    return [case_of(payment) for payment in payments.values() if payment.needs_person]


def case_of(payment: Payment) -> Case:
    """What may be ruled on this payment. Raises CaseError where nobody has to."""
    if not payment.needs_person:
        raise CaseError(f"The payment {payment.operation} needs no person: it is {payment.state.label}.")
    why, verdicts = _BY_STATE[payment.state](payment)
    return Case(payment, why, verdicts)


def rule(payment: Payment, verdict: str, *, operator: str, reason: str) -> e.Event:
    """The record that `verdict` is. Raises CaseError for one that the evidence doesn't allow, or without a reason."""
    case = case_of(payment)
    if not operator.strip() or not reason.strip():
        raise CaseError("A verdict needs the operator's name and a reason.")
    if verdict not in case.verdicts:
        allowed = ", ".join(case.verdicts)
        raise CaseError(f"{verdict!r} is not a verdict for this case ({case.why}); allowed: {allowed}.")
    return case.verdicts[verdict](operator.strip(), reason.strip())


def _closed(verdict: str) -> Ruling:
    return lambda operator, reason: e.CaseClosed(operator, verdict, reason)


def _unknown_charge(payment: Payment) -> tuple[str, Mapping[str, Ruling]]:
    free: dict[str, Ruling] = {} if payment.evidence_frozen else {"free-reader": _free_reader}
    if payment.other_amount_card is not None:
        why = "the card was charged, but for another amount"
        return why, {"charged": e.OperatorFoundCharged, REFUNDED: e.OperatorFoundNotCharged, **free}
    if payment.card is not None:
        return "the card was charged", {"charged": e.OperatorFoundCharged, **free}
    why = "nobody knows whether the card was charged"
    return why, {"charged": e.OperatorFoundCharged, "not-charged": e.OperatorFoundNotCharged, **free}


def _free_reader(operator: str, reason: str) -> e.Event:
    return e.EvidenceFrozen(f"{operator}: {reason}")


def _unsettled(payment: Payment) -> tuple[str, Mapping[str, Ruling]]:
    # What was never sent can't be sent again; nothing is sent for money that went back, or against a rival's payment.
    mendable = bool(payment.outcomes) and not payment.conflict and not payment.reversed
    resend: dict[str, Ruling] = {"resend": e.OutcomeResent} if mendable else {}
    settled = {"settled": _closed("settled"), **resend}
    if payment.notice is None and payment.card is not None:
        return "the reader charged what no payment here explains", {REFUNDED: _closed(REFUNDED), **settled}
    if payment.reversed:
        return "the money went back to the card, as the reader told late", {REFUNDED: _closed(REFUNDED), **settled}
    if payment.charge_open:
        return "the journal was put aside, records may be lost", {REFUNDED: _closed(REFUNDED), **settled}
    if payment.was_charged:
        why = "somebody else's outcome stands" if payment.conflict else "the Node refused the outcome"
        return f"charged, and {why} ({payment.reason})", {REFUNDED: _closed(REFUNDED), **settled}
    return f"not charged, and the outcome was refused ({payment.reason})", settled


def _late_approval(_payment: Payment) -> tuple[str, Mapping[str, Ruling]]:
    return "charged without an outcome, after it was closed", {
        REFUNDED: _closed(REFUNDED),
        "settled": _closed("settled"),
    }


def _unsent(payment: Payment) -> tuple[str, Mapping[str, Ruling]]:
    why = f"the outcome got no answer in {payment.outcome_tries} tries ({payment.reason})"
    return why, {"retry": lambda operator, _reason: e.LadderReset(operator)}


_BY_STATE: Mapping[State, Callable[[Payment], tuple[str, Mapping[str, Ruling]]]] = {
    State.OPERATOR_RULING: _unknown_charge,
    State.RECONCILING: _unsettled,
    State.CLOSED: _late_approval,
    State.REPORTING_OK: _unsent,
    State.REPORTING_KO: _unsent,
}
