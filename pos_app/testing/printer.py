"""A receipt printer in memory: what came out of it, by name."""

from dataclasses import dataclass, field

from drivers.contracts import Document, PrinterStatus, PrintState, Proof, Tick
from drivers.errors import DeviceAbsent
from pos_app.testing.clock import VirtualClock
from pos_app.testing.faults import Misfortune


@dataclass
class MemoryPrinter:
    """Prints a document's name; fails as its misfortune has it."""

    clock: VirtualClock
    misfortune: Misfortune
    papers: list[str] = field(default_factory=list)

    def status(self, *, timeout: float) -> PrinterStatus:
        """Ready, unless misfortune strikes."""
        self.clock.advance(0.1)
        if self.misfortune.strikes():
            raise DeviceAbsent("La stampante non risponde.")
        return PrinterStatus(ready=True, description="pronta")

    def render(self, document: Document) -> bytes:
        """The document's name is all that is printed."""
        return document.name.encode()

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """On paper it is, whether or not that can be proven."""
        self.misfortune.maybe_kill()
        self.clock.advance(1.0)
        tick()
        self.papers.append(data.decode())
        self.misfortune.maybe_kill()
        if self.misfortune.strikes():
            return Proof(PrintState.UNKNOWN, "none", "nessuna prova")
        return Proof(PrintState.PRINTED, "process_id")

    def close(self) -> None:
        """Nothing to let go of."""
