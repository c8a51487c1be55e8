"""Money rule 11: simulated and real never cross, and whatever is simulated says so on every screen and paper."""

from dataclasses import dataclass

from drivers.contracts import CardReader, ReaderStatus
from drivers.errors import DeviceError
from pos_app.desk import no_tick
from pos_app.errors import UserError
from pos_app.psp.transport import HttpTransport

CROSSED = 5
_LOOK_SECONDS = 5.0

# (the reader is a double, the PSP is a sandbox) -> why not; the pairs that are not here are right.
_WRONG_PAIRS = {
    (True, False): (
        "The card reader is a double and the PSP is a real one: leave [psp] url out, or name a sandbox.",
        "Il lettore è simulato e il PSP è reale: nessun addebito possibile.",
    ),
    (False, True): (
        "The card reader is a real one and the PSP is a sandbox: set [psp] test = true to try that at the bench.",
        "Il lettore è reale e il PSP è simulato: nessun addebito possibile.",
    ),
}
_DEMONSTRATION = "Il terminale ha ancora le impostazioni dimostrative: nessun addebito possibile con un lettore reale."
_UNKNOWN = "Non si sa ancora se il PSP è reale o simulato: nessun addebito possibile."


@dataclass
class Reality:
    """What is known of the two sides; None where one has not answered yet.

    `bench`: [psp] test is true. `demonstration`: some settings are still the built-in ones, fit for doubles only.
    """

    transport: HttpTransport
    bench: bool
    demonstration: bool = False
    reader_is_double: bool | None = None
    psp_is_sandbox: bool | None = None

    def look(self, reader: CardReader) -> None:
        """Ask both sides, harmlessly. Raises UserError for a pair that must not be."""
        try:
            status = reader.status(timeout=_LOOK_SECONDS, tick=no_tick)
            self.reader_is_double = status.simulated
        except DeviceError:
            self.reader_is_double = None
        self.psp_is_sandbox = self.transport.presents_as_sandbox(timeout=_LOOK_SECONDS)
        wrong = self._wrong()
        if wrong is not None:
            raise UserError(wrong[0], CROSSED)

    def objection(self, status: ReaderStatus) -> str | None:
        """Why this reader must not be asked for money now; looked at before every charge."""
        self.reader_is_double = status.simulated
        if self.transport.answered_as_sandbox is not None:
            self.psp_is_sandbox = self.transport.answered_as_sandbox
        if self.psp_is_sandbox is None:
            return _UNKNOWN
        if self.demonstration and not status.simulated:
            return _DEMONSTRATION
        wrong = self._wrong()
        return None if wrong is None else wrong[1]

    def is_trial(self) -> bool:
        """Whether what happens here is without value."""
        return bool(self.reader_is_double or self.psp_is_sandbox)

    def _wrong(self) -> tuple[str, str] | None:
        if self.bench and self.psp_is_sandbox:
            return None
        return _WRONG_PAIRS.get((self.reader_is_double, self.psp_is_sandbox))  # type: ignore[arg-type]  # None is in none
