"""VERIFYING and CONFIRMING: what is due, to whom, and does the citizen agree?"""

from drivers.errors import DeviceError
from pos_app.actions.card import record_baseline
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    AmountNotChargeable,
    ConfirmationTimedOut,
    CustomerCancelled,
    CustomerConfirmed,
    ReaderNotReady,
)
from pos_app.domain.money import is_chargeable

_PAPER_LATER = "Confermando, la ricevuta si stampa dopo."


def verify(run: PaymentInProgress) -> None:
    """Ask the PSP what is due today. Changes nothing anywhere."""
    notice = run.payment.notice
    assert notice is not None
    run.record(run.desk.psp.verify(notice, timeout=run.desk.limits.verify))


def confirm(run: PaymentInProgress) -> None:
    """Look at reader and printer before anything is activated, then ask the citizen."""
    payment, fee = run.payment, run.desk.rules.fee.fee_for(run.payment.amount)
    if not is_chargeable(payment.amount + fee):
        run.record(AmountNotChargeable(payment.amount + fee))
        return
    if not _reader_is_ready(run):
        return
    answer = run.ask(Question.CONFIRM, timeout=run.desk.limits.question, warnings=_warnings(run), fee=fee)
    if answer is Answer.YES:
        run.record(CustomerConfirmed(payment.amount, fee, run.desk.is_trial()))
    else:
        run.record(ConfirmationTimedOut() if answer is None else CustomerCancelled())


def _reader_is_ready(run: PaymentInProgress) -> bool:
    if any(other.holds_reader for key, other in run.desk.journal.payments.items() if key != run.payment_id):
        run.record(ReaderNotReady("Il lettore è fermo: l'esito di un altro addebito è ancora da verificare."))
        return False
    try:
        status = run.desk.reader.status(timeout=run.desk.limits.status, tick=run.desk.tick)
        objection = run.desk.objection(status) if status.ready else status.description
        if objection is not None:
            run.record(ReaderNotReady(objection))
            return False
        record_baseline(run)
    except DeviceError as error:
        run.record(ReaderNotReady(str(error)))
        return False
    return True


def _warnings(run: PaymentInProgress) -> tuple[str, ...]:
    notice = run.payment.notice
    assert notice is not None
    typed = notice.warnings if notice.source == "typed" else ()
    try:
        printer = run.desk.printer.status(timeout=run.desk.limits.status)
    except DeviceError as error:
        return (*typed, f"{error} {_PAPER_LATER}")
    if not printer.ready:
        return (*typed, f"{printer.description} {_PAPER_LATER}")
    return (*typed, printer.description) if printer.paper_low else typed
