"""The printer double without a line: for whole terminals in virtual time, where nothing may wait."""

from drivers.contracts import Document, PrinterStatus, PrintState, Proof, Tick
from drivers.errors import DeviceAbsent
from drivers.printer.escpos import write
from drivers.printer.layout import lay_out
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator.machine import Machine
from drivers.printer.simulator.models import MODELS, Script
from drivers.printer.simulator.paper import Piece
from drivers.printer.status import SILENT, SILENT_NOW, AutomaticStatus, Condition, by_push

ABSENT = "La stampante non c'è: controllare alimentazione e cavo."


class InMemoryPrinter:
    """Implements drivers.contracts.ReceiptPrinter on the double's own machine; `absent` unplugs it."""

    def __init__(self, *, columns: int = 48, script: Script | None = None) -> None:
        self._options = EscPosOptions("memory:", columns=columns)
        self._machine = Machine(columns, script)
        self._machine.step(0.0)
        self.absent = False

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All papers cut so far."""
        return tuple(self._machine.pieces)

    @property
    def tape(self) -> Piece:
        """The paper that still hangs in the printer."""
        return self._machine.tape

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """Everything it was sent that is no known command."""
        return self._machine.unknown

    def happen(self, name: str) -> None:
        """Cause a fault or a repair of models.FAULTS; a repaired printer prints on by itself."""
        self._machine.happen(name)
        self._machine.step(0.0)

    def status(self, *, timeout: float) -> PrinterStatus:  # noqa: ARG002 - it answers at once, or never
        """See ReceiptPrinter.status."""
        if self.absent:
            raise DeviceAbsent(ABSENT)
        if self._silent:
            return PrinterStatus(ready=not self._could_answer, description=self._silence, proven=False)
        condition = self._condition
        return PrinterStatus(condition.trouble is None, condition.sentence, condition.paper_low)

    def render(self, document: Document) -> bytes:
        """See ReceiptPrinter.render."""
        items = lay_out(document, columns=self._options.columns, repertoire=self._options.repertoire)
        return write(items, self._options)

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:  # noqa: ARG002 - it answers at once, or never
        """See ReceiptPrinter.print."""
        tick()
        if self.absent:
            return Proof(PrintState.NOT_STARTED, "none", ABSENT)
        if self._condition.trouble is not None and not self._silent:
            return Proof(PrintState.NOT_STARTED, "none", self._condition.sentence)
        if self._silent and self._could_answer:
            return Proof(PrintState.NOT_STARTED, "none", SILENT_NOW)
        self._machine.swallow(data)
        return self._concluded()

    def close(self) -> None:
        """See ReceiptPrinter.close."""

    def _concluded(self) -> Proof:
        if self._silent:
            return Proof(PrintState.UNKNOWN, "none", self._silence)
        if self._condition.trouble is None:
            return Proof(PrintState.PRINTED, "process_id")
        self._machine.forget()
        return Proof(PrintState.PARTIAL, "none", self._condition.sentence)

    @property
    def _condition(self) -> Condition:
        return by_push(AutomaticStatus(self._machine.health.automatic()))

    @property
    def _could_answer(self) -> bool:
        """Whether this model ever answers: then its silence means that it is off."""
        return bool(MODELS[self._machine.script.model])

    @property
    def _silent(self) -> bool:
        return self._machine.health.silent or not self._could_answer

    @property
    def _silence(self) -> str:
        return SILENT_NOW if self._could_answer else SILENT
