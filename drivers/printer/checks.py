"""What the self-test asks of a printer. The first level moves no paper; the second prints a page that it is given."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.contracts import Document, PrintState, ReceiptPrinter
from drivers.errors import DeviceError

STATUS_SECONDS, PRINT_SECONDS = 5.0, 30.0


class Grade(enum.StrEnum):
    """How a check went."""

    PASSED = "passed"
    WARNED = "warned"  # it works, and somebody should know
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One check's result: its id, and a sentence that says what is so and what to do."""

    check: str
    grade: Grade
    sentence: str


NO_PROOF = "La stampante non conferma le stampe: dopo ogni scontrino il cassiere deve dire se è uscito."
# What each proof is worth, in words.
_WORTH = {
    "process_id": "La stampante conferma ogni stampa finita (GS ( H).",
    "gs_r": "La stampante conferma di aver elaborato la stampa (GS r): l'ultima riga può mancare.",
    "asb": "La stampante conferma la stampa solo con lo stato automatico (GS a): è la prova più debole.",
}


def internal(printer: ReceiptPrinter) -> Iterator[Finding]:
    """Whether it is there, ready, and able to prove what it prints. Moves no paper; ends at the first failure."""
    for check in (_ready, _proof):
        finding = check(printer)
        yield finding
        if finding.grade is Grade.FAILED:
            return


def external(printer: ReceiptPrinter, page: Document) -> Finding:
    """Print `page` and see it proven; what stands on it a person must compare."""
    proof = printer.print(printer.render(page), timeout=PRINT_SECONDS, tick=_nobody)
    if proof.state is PrintState.PRINTED:
        return Finding("printer.page", Grade.PASSED, f"Pagina di prova stampata e confermata ({proof.method}).")
    grade = Grade.WARNED if proof.state is PrintState.UNKNOWN else Grade.FAILED
    return Finding("printer.page", grade, proof.reason)


def _ready(printer: ReceiptPrinter) -> Finding:
    try:
        status = printer.status(timeout=STATUS_SECONDS)
    except DeviceError as error:
        return Finding("printer.ready", Grade.FAILED, str(error))
    if not status.ready:
        return Finding("printer.ready", Grade.FAILED, status.description)
    grade = Grade.PASSED if status.proven and not status.paper_low else Grade.WARNED
    return Finding("printer.ready", grade, status.description)


def _proof(printer: ReceiptPrinter) -> Finding:
    """A job without a single character: its questions are answered, and no paper moves."""
    proof = printer.print(b"", timeout=PRINT_SECONDS, tick=_nobody)
    if proof.state is PrintState.PRINTED:
        grade = Grade.PASSED if proof.method == "process_id" else Grade.WARNED
        return Finding("printer.proof", grade, _WORTH[proof.method])
    if proof.state is PrintState.UNKNOWN:
        return Finding("printer.proof", Grade.WARNED, NO_PROOF)
    return Finding("printer.proof", Grade.FAILED, proof.reason)


def _nobody() -> None:
    """No watchdog waits for a self-test."""
