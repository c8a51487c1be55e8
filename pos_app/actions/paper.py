"""PRINTING, and the slips of the other states: paper is proven, and never touches money (printing.md 4)."""

import base64
from typing import Protocol

from drivers.contracts import PrintState, Proof, ReceiptPrinter, Tick
from drivers.errors import DeviceError
from pos_app.counter import Answer, Question
from pos_app.desk import Compose, Limits, PaymentInProgress
from pos_app.domain.events import (
    CopyPrinted,
    CopyUnproven,
    Event,
    PrinterNotReady,
    PrintStarted,
    ReceiptDeferred,
    ReceiptPrinted,
)
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import PAPER, State

# How a print ended, and what that is called in the journal; PRINTED is an event of its own.
_ENDS = {
    PrintState.PARTIAL: JobState.PARTIAL,
    PrintState.UNKNOWN: JobState.UNKNOWN,
    PrintState.NOT_STARTED: JobState.CANCELLED,
}
# What a person must look at before another one of the same is sent.
UNSEEN = (JobState.SENDING, JobState.UNKNOWN)


class PaperDesk(Protocol):
    """What printing needs of a desk."""

    @property
    def printer(self) -> ReceiptPrinter:
        """Who prints."""
        ...

    @property
    def compose(self) -> Compose:
        """What stands on each paper."""
        ...

    @property
    def limits(self) -> Limits:
        """How long it may take."""
        ...

    @property
    def tick(self) -> Tick:
        """Who wants to know that we are alive."""
        ...


class PrintRun(Protocol):
    """A payment whose papers are printed, at the counter or afterwards."""

    @property
    def desk(self) -> PaperDesk:
        """What it is printed with."""
        ...

    @property
    def payment(self) -> Payment:
        """As it stands in the journal."""
        ...

    def record(self, event: Event) -> Payment:
        """Journal `event`."""
        ...


# --- which papers --------------------------------------------------------------------------------


def copies_of(payment: Payment) -> tuple[str, ...]:
    """The papers that this payment ends with."""
    if payment.reversed:
        return ("reversal",)
    return ("recorded_late", "recorded_late_merchant") if payment.recorded_late else ("customer", "merchant")


def papers_of(payment: Payment) -> tuple[str, ...]:
    """The papers that are true of this payment as it stands, the citizen's first; none where paper has nothing to say.

    What was printed before does not count: a slip "in verification" gives way to the attestation (money rule 9).
    """
    if payment.state not in PAPER:
        return ()
    if payment.reversed or _is_settled(payment):
        return copies_of(payment)
    if payment.state is State.CLOSED:
        return ("not_executed",) if payment.token and not payment.was_charged else ()
    if payment.state in (State.REFUNDING, State.RECONCILING) and payment.was_charged:
        return ("refund_due",)
    return () if payment.state is State.REPORTING_KO else ("in_verification",)


def _is_settled(payment: Payment) -> bool:
    return payment.ok_was_intended and (payment.accepted or bool(payment.recorded_late))


# --- the receipt, at the counter -----------------------------------------------------------------


def print_receipt(run: PaymentInProgress) -> None:
    """One step towards all copies printed and proven; asks where nobody can know."""
    copy = next((name for name in copies_of(run.payment) if run.payment.copy_state(name) is not JobState.PRINTED), None)
    if copy is None:
        run.record(ReceiptPrinted())
    elif run.payment.copy_state(copy) in UNSEEN:
        _look_for(run, copy)
    else:
        _print_or_ask(run, copy)


def _look_for(run: PaymentInProgress, copy: str) -> None:
    """A person looks; after NO they see to the printer, and look again: what it still held may have come by itself."""
    reason = run.payment.copy_reason(copy)
    if _is_missing(run, copy, reason) and _is_seen_to(run, reason) and _is_missing(run, copy, reason):
        _print_or_ask(run, copy)


def _is_missing(run: PaymentInProgress, copy: str, reason: str) -> bool:
    warnings = (reason,) if reason else ()
    answer = run.ask(Question.COPY_UNPROVEN, timeout=run.desk.limits.question, warnings=warnings)
    if answer is Answer.YES:
        run.record(CopyPrinted(copy, "operator"))
    elif answer is not Answer.NO:
        run.record(ReceiptDeferred("nessuna prova che lo scontrino sia uscito"))
    return answer is Answer.NO


def _print_or_ask(run: PaymentInProgress, copy: str) -> None:
    """Print; what the printer itself says is in the way, a person must clear before the next try."""
    problem = problem_of(run.desk)
    if problem is None:
        proof = print_copy(run, copy)
        problem = proof.reason if proof.state in (PrintState.PARTIAL, PrintState.NOT_STARTED) else None
    if problem is not None:
        _is_seen_to(run, problem)


def _is_seen_to(run: PaymentInProgress, problem: str) -> bool:
    """Tell what is wrong with the printer; whether somebody saw to it and wants another try."""
    run.record(PrinterNotReady(problem))
    answer = run.ask(Question.PRINTER_NOT_READY, timeout=run.desk.limits.question, warnings=(problem,))
    if answer is not Answer.YES:
        run.record(ReceiptDeferred(problem))
    return answer is Answer.YES


# --- any paper -----------------------------------------------------------------------------------


def problem_of(desk: PaperDesk) -> str | None:
    """Why nothing can be printed now, as a sentence; None when it can."""
    try:
        status = desk.printer.status(timeout=desk.limits.status)
    except DeviceError as error:
        return str(error)
    return None if status.ready else status.description


def print_copy(run: PrintRun, copy: str) -> Proof:
    """Print one copy, marked by what is known of those before it; its bytes are journaled first, its end afterwards."""
    desk, payment = run.desk, run.payment
    data = desk.printer.render(desk.compose(payment, copy))
    run.record(PrintStarted(copy, payment.copy_attempts(copy) + 1, base64.b64encode(data).decode("ascii")))
    proof = desk.printer.print(data, timeout=desk.limits.printing, tick=desk.tick)
    if proof.state is PrintState.PRINTED:
        run.record(CopyPrinted(copy, proof.method))
    else:
        run.record(CopyUnproven(copy, proof.reason, _ENDS[proof.state].value))
    return proof


def print_slip(run: PaymentInProgress, name: str) -> None:
    """A slip beside the receipt; where it can't be printed, the screen alone tells it."""
    if problem_of(run.desk) is None:
        print_copy(run, name)
