"""PRINTING, and the slips of the other states: paper is proven, and never touches money (printing.md 4)."""

import base64

from drivers.contracts import PrintState
from drivers.errors import DeviceError
from pos_app.counter import Answer, Question
from pos_app.desk import PaymentInProgress
from pos_app.domain.events import (
    CopyPrinted,
    CopyUnproven,
    PrinterNotReady,
    PrintStarted,
    ReceiptDeferred,
    ReceiptPrinted,
)
from pos_app.domain.payment import Payment


def copies_of(payment: Payment) -> tuple[str, ...]:
    """The papers that this payment ends with."""
    if payment.reversed:
        return ("reversal",)
    return ("recorded_late", "recorded_late_merchant") if payment.recorded_late else ("customer", "merchant")


def print_receipt(run: PaymentInProgress) -> None:
    """One step towards all copies printed and proven; asks where nobody can know."""
    copy = next((name for name in copies_of(run.payment) if run.payment.copy_state(name) != "printed"), None)
    if copy is None:
        run.record(ReceiptPrinted())
    elif run.payment.copy_state(copy) in ("started", "unproven"):
        _ask_whether_it_came_out(run, copy)
    elif (problem := _problem(run)) is not None:
        _ask_about_printer(run, problem)
    else:
        _print(run, copy)


def _ask_whether_it_came_out(run: PaymentInProgress, copy: str) -> None:
    answer = run.ask(Question.COPY_UNPROVEN, timeout=run.desk.limits.question)
    if answer is Answer.YES:
        run.record(CopyPrinted(copy, "operator"))
    elif answer is not Answer.NO:
        run.record(ReceiptDeferred("nessuna prova che lo scontrino sia uscito"))
    elif (problem := _problem(run)) is not None:
        _ask_about_printer(run, problem)
    else:
        _print(run, copy)


def _ask_about_printer(run: PaymentInProgress, problem: str) -> None:
    run.record(PrinterNotReady(problem))
    if run.ask(Question.PRINTER_NOT_READY, timeout=run.desk.limits.question, warnings=(problem,)) is not Answer.YES:
        run.record(ReceiptDeferred(problem))


def _problem(run: PaymentInProgress) -> str | None:
    try:
        status = run.desk.printer.status(timeout=run.desk.limits.status)
    except DeviceError as error:
        return str(error)
    return None if status.ready else status.description


def _print(run: PaymentInProgress, copy: str) -> None:
    desk, payment = run.desk, run.payment
    data = desk.printer.render(desk.compose(payment, copy))
    run.record(PrintStarted(copy, payment.copy_attempts(copy) + 1, base64.b64encode(data).decode("ascii")))
    proof = desk.printer.print(data, timeout=desk.limits.printing, tick=desk.tick)
    if proof.state is PrintState.PRINTED:
        run.record(CopyPrinted(copy, proof.method))
    else:
        run.record(CopyUnproven(copy, proof.reason))


def print_slip(run: PaymentInProgress, name: str) -> None:
    """A slip beside the receipt; where it can't be printed, the screen alone tells it."""
    if _problem(run) is None:
        _print(run, name)
