"""CHARGING, DECLINED and CHARGE_UNCERTAIN: the card, once; and what became of it.

The verdict is recorded inside `on_result`, so it is durable before the reader is acknowledged (architecture.md).
"""

from dataclasses import replace

from drivers.contracts import Baseline, CardTransaction, ChargeAnswer, ChargeVerdict
from pos_app.actions.emergency import print_emergency_slip
from pos_app.clock import seconds_since
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    AnotherCardOffered,
    BaselineTaken,
    Card,
    CardApproved,
    CardDeclined,
    CardNotCharged,
    CardNotStarted,
    CardOtherAmount,
    CardUncertain,
    CustomerCancelled,
    DeclineTimedOut,
    Event,
    ReaderReceiptTaken,
    RecoveryExhausted,
    TokenTooShort,
)
from pos_app.domain.states import State
from pos_app.journal.errors import JournalFailed


def record_baseline(run: PaymentInProgress) -> None:
    """Journal what the reader remembers now. Raises DeviceError."""
    baseline = run.desk.reader.baseline(timeout=run.desk.limits.status, tick=run.desk.tick)
    run.record(BaselineTaken(baseline.terminal_id, baseline.last_result, baseline.stan, baseline.totals))


def charge(run: PaymentInProgress) -> None:
    """Ask the reader, once. This runs only right behind ChargeStarted: a restart leads to CHARGE_UNCERTAIN."""
    desk, payment = run.desk, run.payment
    answer = desk.reader.pay(
        payment.total,
        reference=payment.operation,
        timeout=desk.limits.card,
        tick=desk.tick,
        on_result=lambda result: _record_verdict(run, result),
    )
    record_receipt(run, answer.receipt)


def resolve(run: PaymentInProgress) -> None:
    """Find out what became of an uncertain charge; after the recovery limit a person rules."""
    desk, payment = run.desk, run.payment
    answer = desk.reader.resolve(
        payment.total,
        as_baseline(payment.baseline),
        timeout=desk.limits.resolve,
        tick=desk.tick,
        on_result=lambda result: _record_resolution(run, result),
    )
    record_receipt(run, answer.receipt)
    if _is_unresolved(run) and _seconds_since_charge(run) >= desk.limits.recovery:
        run.record(RecoveryExhausted(answer.reason))


def poll(run: PaymentInProgress) -> None:
    """While a person is asked to rule: whether the reader can tell after all. What it can't settle changes nothing."""
    desk, payment = run.desk, run.payment
    desk.reader.resolve(
        payment.total,
        as_baseline(payment.baseline),
        timeout=desk.limits.resolve,
        tick=desk.tick,
        on_result=lambda result: _record_what_settles(run, result),
    )


def offer_another_card(run: PaymentInProgress) -> None:
    """Say why it was not paid, and ask for another card."""
    if run.token_seconds_left() < run.desk.limits.token_budget:
        run.record(TokenTooShort(max(0, int(run.token_seconds_left()))))
        return
    answer = run.ask(Question.ANOTHER_CARD, timeout=run.desk.limits.question)
    if answer is Answer.YES:
        run.record(AnotherCardOffered())
    else:
        run.record(DeclineTimedOut() if answer is None else CustomerCancelled())


def record_receipt(run: PaymentInProgress, lines: tuple[str, ...]) -> None:
    """Keep the reader's own receipt text, if it sent any."""
    if lines:
        run.record(ReaderReceiptTaken(lines))


def as_card(transaction: CardTransaction) -> Card:
    """A reader's transaction as the journal keeps it."""
    return Card(
        result_code=transaction.result_code,
        fingerprint=transaction.fingerprint,
        terminal_id=transaction.terminal_id,
        amount=transaction.amount,
        last4=transaction.card_last4,
        kind=transaction.card_type.value,
        entry_mode=transaction.entry_mode,
        authorisation_code=transaction.authorisation_code,
        stan=transaction.stan,
        online_id=transaction.online_id,
        acquirer_id=transaction.acquirer_id,
        action_code=transaction.action_code,
        host_time=transaction.host_time,
        message=transaction.message,
    )


def as_baseline(taken: BaselineTaken | None) -> Baseline | None:
    """The journaled baseline as the reader's driver wants it."""
    return None if taken is None else Baseline(taken.reader_id, taken.last_result, taken.stan, taken.totals)


def _record_verdict(run: PaymentInProgress, answer: ChargeAnswer) -> None:
    try:
        run.record(_event_of(answer, run.payment.total))
    except JournalFailed:
        if answer.transaction is not None and answer.transaction.approved:
            print_emergency_slip(run, as_card(answer.transaction))
        raise


def _record_resolution(run: PaymentInProgress, answer: ChargeAnswer) -> None:
    # "Still uncertain" is nothing new; and a result that the reader told late may have settled it meanwhile.
    if answer.verdict is not ChargeVerdict.UNCERTAIN and _is_unresolved(run):
        run.record(_event_of(answer, run.payment.total))


_SETTLES_A_RULING = {
    ChargeVerdict.APPROVED: ChargeVerdict.APPROVED,
    ChargeVerdict.NOT_CHARGED: ChargeVerdict.NOT_CHARGED,
    ChargeVerdict.DECLINED: ChargeVerdict.NOT_CHARGED,
}


def _record_what_settles(run: PaymentInProgress, answer: ChargeAnswer) -> None:
    settled = _SETTLES_A_RULING.get(answer.verdict)
    if settled is not None and run.payment.state is State.OPERATOR_RULING:
        run.record(_event_of(replace(answer, verdict=settled), run.payment.total))


def _event_of(answer: ChargeAnswer, asked: int) -> Event:
    card = as_card(answer.transaction) if answer.transaction else None
    if answer.verdict is ChargeVerdict.APPROVED and card is not None:
        return CardApproved(card)
    if answer.verdict is ChargeVerdict.OTHER_AMOUNT and card is not None:
        return CardOtherAmount(card, asked)
    if answer.verdict is ChargeVerdict.DECLINED:
        return CardDeclined(answer.reason, card)
    if answer.verdict is ChargeVerdict.NOT_CHARGED:
        return CardNotCharged(answer.reason, card)
    if answer.verdict is ChargeVerdict.NOT_STARTED:
        return CardNotStarted(answer.reason)
    return CardUncertain(answer.reason)


def _is_unresolved(run: PaymentInProgress) -> bool:
    return run.payment.state is State.CHARGE_UNCERTAIN


def _seconds_since_charge(run: PaymentInProgress) -> float:
    started = run.payment.charge_started
    assert started is not None, "no charge is uncertain before it started"
    return seconds_since(run.desk.clock, started)
