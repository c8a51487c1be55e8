"""Words for a payment: where it stands, what is asked, how it ended. One table each, texts in `pos_app.texts`."""

from collections.abc import Mapping

from pos_app.counter import Question, View
from pos_app.domain.money import to_euro
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.texts import Texts

# The PSP's categories (pos_app.psp.faults) and the sentence that a cashier reads.
_REFUSALS: Mapping[str, str] = {
    "NOTICE_ALREADY_PAID": "already_paid",
    "PAYMENT_ALREADY_IN_PROGRESS": "in_progress",
    "EXPIRED_NOTICE": "expired",
    "REVOKED_NOTICE": "revoked",
    "UNKNOWN_NOTICE": "unknown_notice",
    "WRONG_NOTICE_DATA": "wrong_data",
    "CREDITOR_PROBLEMS": "creditor_problem",
    "CONFIGURATION": "configuration",
}

_QUESTIONS: Mapping[Question, str] = {
    Question.CONFIRM: "confirm_payment",
    Question.CHANGED_AMOUNT: "accept_amount",
    Question.ACTIVATION_UNANSWERED: "wait_for_activation",
    Question.ANOTHER_CARD: "another_card",
    Question.OUTCOME_UNANSWERED: "wait_for_outcome",
    Question.PRINTER_NOT_READY: "print_again",
    Question.COPY_UNPROVEN: "did_it_print",
    Question.START_AGAIN: "start_again",
    Question.REVERSAL: "reverse_now",
}


def question(view: View, say: Texts) -> str:
    """What is asked, with the amounts that it is about. Only for a view that asks something about a payment."""
    assert view.question is not None
    assert view.payment is not None
    return say(
        f"questions.{_QUESTIONS[view.question]}",
        company=view.payment.company_name or "pagoPA",
        total=to_euro(view.total),
        amount=to_euro(view.total),
        before=to_euro(view.payment.confirmed or 0),
        after=to_euro(view.total),
    )


def standing(payment: Payment, say: Texts) -> str:
    """Where the payment stands, in a sentence that says nothing untrue about money (money rule 6)."""
    if payment.state is State.CLOSED:
        return ending(payment, say)
    return say(f"states.{payment.state.label.lower()}")


def ending(payment: Payment, say: Texts) -> str:
    """How a closed payment ended."""
    if payment.refusal is not None:
        return say(f"refusals.{_REFUSALS.get(payment.refusal.category, 'technical')}")
    if not payment.token and payment.reason and payment.proven_not_charged:
        return f"{say('states.closed_not_charged')} {payment.reason}"
    return say(f"states.closed_{_ending_key(payment)}")


def _ending_key(payment: Payment) -> str:
    if payment.needs_person:
        return "in_verification"
    if payment.reversed:
        return "reversed"
    if payment.recorded_late and payment.was_charged:
        return "late"
    if payment.was_charged:
        return "paid"
    return "not_charged" if payment.proven_not_charged else "in_verification"
