"""ACTIVATING, RELEASING and ACTIVATED: opening the payment session, and giving it back."""

from drivers.errors import DeviceError
from pos_app.actions.card import record_baseline
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    ActivationAbandoned,
    ActivationAccepted,
    ActivationIntended,
    ActivationUnanswered,
    AmountAccepted,
    AmountNotChargeable,
    ChargeStarted,
    ConfirmationTimedOut,
    CustomerCancelled,
    LockExpired,
    ReaderNotReady,
    TokenTooShort,
)
from pos_app.domain.money import is_chargeable
from pos_app.journal.errors import JournalFull
from pos_app.psp.contract import ActivationAnswer

_DOUBT_SECONDS = 60.0
_LONGEST_WAIT_AFTER = 5  # the fifth interval is the last that grows
_RANDOM_IN_KEY = 10  # stIdempotencyKey: prefix, underscore, ten letters or digits (pagopa.md 2.2)


def activate(run: PaymentInProgress) -> None:
    """Open the session; after no answer, the same bytes again once that is due, then let go."""
    payment, limits = run.payment, run.desk.limits
    if payment.activation is None:
        if _intend(run):
            send(run)
    elif payment.activation_tries > limits.activation_tries_at_counter:
        run.record(ActivationAbandoned(payment.reason))
    elif _waited(run):
        send(run)
    else:
        run.record(ActivationAbandoned("rinuncia al banco"))


def _intend(run: PaymentInProgress) -> bool:
    """Journal the request; on a full disk nothing is begun."""
    desk, payment = run.desk, run.payment
    assert payment.notice is not None
    key = new_key(run)
    seconds = desk.rules.token_seconds
    body = desk.psp.activation_body(payment.notice, amount=payment.amount, key=key, token_seconds=seconds)
    try:
        run.record(ActivationIntended(key, body, seconds))
    except JournalFull as problem:
        run.record(ActivationAbandoned(str(problem)))
        return False
    return True


def new_key(run: PaymentInProgress) -> str:
    """An idempotency key of our own, never used before."""
    return f"{run.desk.rules.key_prefix}_{run.desk.random_text(_RANDOM_IN_KEY)}"


def seconds_until_due(run: PaymentInProgress) -> float:
    """Seconds until the same activation may go out again."""
    payment = run.payment
    if run.token_seconds_left() <= 0:
        return 0.0 if run.token_is_surely_over() else _DOUBT_SECONDS
    if not payment.activation_tries or payment.updated is None:
        return 0.0
    tries = min(payment.activation_tries, _LONGEST_WAIT_AFTER)
    return run.seconds_until_retry(payment.updated, tries=tries, slot=run.desk.limits.activation_slot)


def _waited(run: PaymentInProgress) -> bool:
    """Wait until the next try is due; False when the people at the counter give up, or the key has died meanwhile."""
    while run.token_seconds_left() > 0 and (left := seconds_until_due(run)) > 0:
        if run.ask(Question.ACTIVATION_UNANSWERED, timeout=left) in (Answer.NO, Answer.LATER):
            return False
    return run.token_seconds_left() > 0  # with a dead key the same bytes would open another session


def send(run: PaymentInProgress) -> None:
    """Send the journaled body once and record what came back."""
    payment = run.payment
    assert payment.notice is not None
    assert payment.activation is not None
    repeated = payment.activation_tries > 0 or payment.restarted
    timeout = run.desk.limits.activate
    answer = run.desk.psp.activate(payment.notice, payment.activation.body, repeated=repeated, timeout=timeout)
    run.record(_if_it_is_ours(run, answer))


def _if_it_is_ours(run: PaymentInProgress, answer: ActivationAnswer) -> ActivationAnswer:
    """A token belongs to one payment: with another one's, it is an old answer that came again (reliability.md P25).

    On its token the card would be charged a second time for a session that was paid long ago.
    """
    if not isinstance(answer, ActivationAccepted):
        return answer
    others = (payment for key, payment in run.desk.journal.payments.items() if key != run.payment_id)
    if any(other.token == answer.token for other in others):
        return ActivationUnanswered("La risposta all'attivazione è di un altro pagamento.")
    return answer


def release(run: PaymentInProgress) -> None:
    """Learn the token, to be able to send KO, while its key surely lives; later the lock ends by itself.

    In between, while the clocks leave a doubt, nothing is sent: the Node may have forgotten the key.
    """
    if run.token_is_surely_over():
        run.record(LockExpired())
    elif run.token_seconds_left() > 0:
        send(run)


def start_charge(run: PaymentInProgress) -> None:
    """Everything that must be true before the card moves; then say so in the journal."""
    desk, payment = run.desk, run.payment
    fee = payment.fee if payment.total == payment.confirmed else desk.rules.fee.fee_for(payment.amount)
    total = payment.amount + fee
    if not is_chargeable(total):
        run.record(AmountNotChargeable(total))
    elif total != payment.confirmed:
        _ask_about_changed_amount(run, fee)
    elif run.token_seconds_left() < desk.limits.token_budget:
        run.record(TokenTooShort(max(0, int(run.token_seconds_left()))))
    elif not payment.baseline_fresh:
        _refresh_baseline(run)
    else:
        _say_that_it_starts(run, total)


def _say_that_it_starts(run: PaymentInProgress, total: int) -> None:
    try:
        run.record(ChargeStarted(run.payment.attempts + 1, total, run.payment.operation))
    except JournalFull as problem:
        run.record(CustomerCancelled(str(problem)))


def _ask_about_changed_amount(run: PaymentInProgress, fee: int) -> None:
    answer = run.ask(Question.CHANGED_AMOUNT, timeout=run.desk.limits.question, fee=fee)
    if answer is Answer.YES:
        run.record(AmountAccepted(run.payment.amount, fee))
    else:
        run.record(ConfirmationTimedOut() if answer is None else CustomerCancelled())


def _refresh_baseline(run: PaymentInProgress) -> None:
    try:
        record_baseline(run)
    except DeviceError as error:
        run.record(ReaderNotReady(str(error)))
