"""The printer in a campaign's world: the double's own machine or one that only notes names, behind a watched port."""

from drivers.contracts import Document, PrinterStatus, PrintState, Proof, ReceiptPrinter, Tick
from pos_app.testing.campaign.clock import WorldClock
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.witness import Witness


class Notepad:
    """A printer that prints a document's name at once: the campaign's usual one, because paper takes long to draw."""

    def status(self, *, timeout: float) -> PrinterStatus:
        """See ReceiptPrinter.status."""
        return PrinterStatus(ready=True, description="pronta")

    def render(self, document: Document) -> bytes:
        """See ReceiptPrinter.render."""
        return document.name.encode()

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """See ReceiptPrinter.print."""
        return Proof(PrintState.PRINTED, "process_id")

    def close(self) -> None:
        """See ReceiptPrinter.close."""


class WatchedPrinter:
    """Implements ReceiptPrinter: the process may end before and after each paper; `blocked` makes one write hang."""

    def __init__(self, inner: ReceiptPrinter, clock: WorldClock, life: Life, witness: Witness) -> None:
        self._inner = inner
        self._clock = clock
        self._life = life
        self._witness = witness
        self.blocked = False

    def status(self, *, timeout: float) -> PrinterStatus:
        """See ReceiptPrinter.status."""
        self._life.point("printer")
        self._clock.advance(0.1)
        return self._inner.status(timeout=timeout)

    def render(self, document: Document) -> bytes:
        """See ReceiptPrinter.render."""
        return self._inner.render(document)

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """See ReceiptPrinter.print."""
        self._life.point("print")
        self._witness.prints(data)
        if self.blocked:
            self.blocked = False
            self._clock.advance(timeout)
            return Proof(PrintState.UNKNOWN, "none", "la stampante non prende altri dati")
        self._clock.advance(1.0)
        proof = self._inner.print(data, timeout=timeout, tick=tick)
        self._life.point("printed")
        return proof

    def close(self) -> None:
        """See ReceiptPrinter.close."""
        self._inner.close()
