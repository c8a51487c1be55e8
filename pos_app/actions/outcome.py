"""REPORTING_OK and REPORTING_KO: exactly one verdict, the same bytes until any answer comes (pagopa.md 3.3 and 3.4)."""

import zlib
from datetime import datetime
from zoneinfo import ZoneInfo

from pos_app.actions.activation import new_key
from pos_app.actions.paper import print_slip
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    LadderExhausted,
    LockExpired,
    OutcomeIntended,
    OutcomeRecordedLate,
    PaymentParked,
    RivalPaymentFound,
)
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.settlement import PAYMENT_METHODS
from pos_app.psp.contract import OutcomeAnswer, OutcomeDetails

ROME = ZoneInfo("Europe/Rome")
VERDICTS = {State.REPORTING_OK: "OK", State.REPORTING_KO: "KO"}

_TRIES_AT_COUNTER = 2


def report(run: PaymentInProgress) -> None:
    """Send the outcome; after no answer, offer to park, try once more when that is due, then park."""
    payment = run.payment
    if payment.outcome_tries >= _TRIES_AT_COUNTER and not payment.send_at_once:
        park(run)
    elif _waited(run):
        send(run)
    else:
        park(run)


def _waited(run: PaymentInProgress) -> bool:
    """Wait until the next try is due; False when the people at the counter don't want to."""
    while (left := seconds_until_due(run)) > 0:
        if run.ask(Question.OUTCOME_UNANSWERED, timeout=left) in (Answer.NO, Answer.LATER):
            return False
    return True


def park(run: PaymentInProgress) -> None:
    """The citizen gets a slip, the counter takes the next one, the outcome goes on in the background."""
    run.record(PaymentParked(run.payment.reason or "esito in verifica"))
    if run.payment.state is State.REPORTING_OK:
        print_slip(run, "in_verification")


def send(run: PaymentInProgress) -> None:
    """Send the outcome once, journaled first, and record what came back."""
    outcome = _pending(run.payment) or _intend(run)
    event = run.desk.psp.send_outcome(outcome.body, verdict=outcome.verdict, timeout=run.desk.limits.outcome)
    run.record(_as_the_psp_wants(run, event))
    payment = run.payment
    if payment.outcome_tries >= run.desk.limits.outcome_tries and not payment.ladder_exhausted and _reports(payment):
        run.record(LadderExhausted())


def _as_the_psp_wants(run: PaymentInProgress, event: OutcomeAnswer) -> OutcomeAnswer:
    """A late OK counts as settled, unless this PSP wants the money given back ([psp] late_outcome)."""
    if (
        isinstance(event, OutcomeRecordedLate)
        and run.payment.state is State.REPORTING_OK
        and run.desk.rules.refund_late
    ):
        return RivalPaymentFound(event.code)
    return event


def give_up_lock(run: PaymentInProgress) -> bool:
    """Whether a KO needs no answer any more, because the lock is surely over; if so, it is recorded."""
    if run.payment.state is not State.REPORTING_KO or not run.token_is_surely_over() or not run.payment.outcome_tries:
        return False
    run.record(LockExpired())
    return True


def seconds_until_due(run: PaymentInProgress) -> float:
    """Seconds until the ladder's next try, a little later for each terminal; 0 when it is due."""
    payment = run.payment
    if payment.outcome_sent is None or payment.send_at_once or not payment.outcome_tries:
        return 0.0
    slot = run.desk.limits.outcome_slot * (1 + _jitter(payment))
    return run.seconds_until_retry(payment.outcome_sent, tries=payment.outcome_tries, slot=slot)


def _jitter(payment: Payment) -> float:
    """Up to a tenth more, never less: many terminals must not come back in the same second after an outage.

    It hangs on the key, so that asking twice gives the same answer.
    """
    key = payment.outcomes[-1].key if payment.outcomes else ""
    return zlib.crc32(f"{key}{payment.outcome_tries}".encode()) / 2**32 / 10


def _reports(payment: Payment) -> bool:
    return payment.state in VERDICTS


def _pending(payment: Payment) -> OutcomeIntended | None:
    pending = payment.pending_outcome
    verdict = VERDICTS[payment.state]
    return pending if pending and pending.verdict == verdict and not payment.new_key_due else None


def _intend(run: PaymentInProgress) -> OutcomeIntended:
    payment, verdict, key = run.payment, VERDICTS[run.payment.state], new_key(run)
    before = payment.pending_outcome
    if before is not None and before.verdict == verdict:
        body = before.body.replace(before.key, key)  # the same content, to the letter, under a new key
    else:
        body = run.desk.psp.outcome_body(token=payment.token, key=key, details=_details(run))
    intended = OutcomeIntended(verdict, key, body)
    run.record(intended)
    return intended


def _details(run: PaymentInProgress) -> OutcomeDetails | None:
    payment = run.payment
    if payment.state is State.REPORTING_KO:
        return None
    moment = payment.charge_started or payment.updated
    assert moment is not None
    day = datetime.fromisoformat(moment.utc).astimezone(ROME).date()
    return OutcomeDetails(
        payment_method=PAYMENT_METHODS.get(payment.card.kind if payment.card else "", "other"),
        fee=payment.fee,
        application_date=day.isoformat(),
        transfer_date=run.desk.rules.transfer_date(day).isoformat(),
    )
