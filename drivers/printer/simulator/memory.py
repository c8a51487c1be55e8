"""The printer double without a line and without waiting: the real driver, talking to the machine in virtual time."""

from itertools import count

from drivers.contracts import Document, PrinterStatus, Proof, Tick
from drivers.errors import DeviceAbsent, DeviceUnanswered
from drivers.link import LineSettings, Link
from drivers.printer.conversation import Limits
from drivers.printer.driver import EscPosPrinter
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator.machine import ALMOST_FULL, Machine
from drivers.printer.simulator.models import Script
from drivers.printer.simulator.paper import Piece

ABSENT = "La stampante non c'è: controllare alimentazione e cavo."
QUEUE = 4096  # bytes that a tty of the kernel takes before it lets a writer wait


class VirtualTime:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


class VirtualLine:
    """Implements drivers.link.Link on a machine. `sent` is every byte that the driver ever handed over.

    As behind a tty, what the printer does not take yet waits in a queue, also when its writer is gone.
    """

    def __init__(self, machine: Machine, time: VirtualTime) -> None:
        self._machine = machine
        self._time = time
        self._queue = bytearray()
        self._waiting = b""
        self.sent = bytearray()

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        deadline = self._time.now + timeout
        self.look()
        while not self._waiting and self._time.now < deadline:
            self._pass(deadline)
        data, self._waiting = self._waiting, b""
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        deadline = self._time.now + timeout
        while data:
            taken = data[: QUEUE - len(self._queue)]
            self._queue += taken
            self.sent += taken
            data = data[len(taken) :]
            self.look()
            if data and self._time.now >= deadline:
                raise DeviceUnanswered("Porta memory: non risponde: controllare alimentazione e cavo.")
            if data and not taken:
                self._pass(deadline)

    def close(self) -> None:
        """See Link.close."""

    def wait(self, seconds: float) -> None:
        """Let time pass; what the machine says meanwhile stays on the line."""
        until = self._time.now + seconds
        self.look()
        while self._time.now < until:
            self._pass(until)

    def look(self) -> None:
        """Let the machine take what it has room for and do what is due."""
        self._waiting += self._machine.step(self._time.now)
        while self._queue and (room := self._room):
            self._machine.receive(bytes(self._queue[:room]), self._time.now)
            del self._queue[:room]
            self._waiting += self._machine.step(self._time.now)

    @property
    def _room(self) -> int:
        return 0 if self._machine.holds_back else min(self._machine.room, ALMOST_FULL)

    def _pass(self, until: float) -> None:
        """On to the next moment at which the machine has something to do."""
        self._time.now = min(self._machine.next_moment, until)
        self.look()


class InMemoryPrinter:
    """Implements drivers.contracts.ReceiptPrinter: the real driver on the double, no thread; `absent` unplugs it.

    `options` are the driver's, its port left out.
    """

    def __init__(self, *, columns: int = 48, script: Script | None = None, **options: object) -> None:
        self._machine = Machine(columns, script)
        self._time = VirtualTime()
        self._line = VirtualLine(self._machine, self._time)
        self._options = EscPosOptions("memory:", columns=columns, **options)  # type: ignore[arg-type]  # named by fields
        self._driver = self._started()
        self.absent = False

    def _started(self) -> EscPosPrinter:
        limits = Limits(answer=0.3, clearing=0.2, grace=0.3)
        return EscPosPrinter(
            self._options, monotonic=self._time, job_numbers=count(1), limits=limits, opener=self._open
        )

    def _open(self, settings: LineSettings, *, timeout: float, monotonic: object) -> Link:  # noqa: ARG002 - as open_link
        if self.absent:
            raise DeviceAbsent(ABSENT)
        return self._line

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

    @property
    def seconds(self) -> float:
        """What the clock of this printer and its driver says."""
        return self._time.now

    @property
    def sent(self) -> bytes:
        """Every byte that left the driver."""
        return bytes(self._line.sent)

    def happen(self, name: str) -> None:
        """Cause a fault or a repair of models.FAULTS; a repaired printer prints on by itself."""
        self._machine.happen(name)
        self.wait(0.0)

    def wait(self, seconds: float) -> None:
        """Let time pass without anybody talking to it; what it says meanwhile stays on the line."""
        self._line.wait(seconds)

    def hand_over(self, data: bytes) -> None:
        """Bytes that a process sent just before it was killed: nobody listens to what becomes of them."""
        self._line.write(data, timeout=60.0)

    def restart_driver(self) -> None:
        """The process ended and the next one begins: the printer goes on, the driver knows nothing."""
        self._driver = self._started()

    def status(self, *, timeout: float) -> PrinterStatus:
        """See ReceiptPrinter.status."""
        if self.absent:
            self._driver.close()
        return self._driver.status(timeout=timeout)

    def render(self, document: Document) -> bytes:
        """See ReceiptPrinter.render."""
        return self._driver.render(document)

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """See ReceiptPrinter.print."""
        if self.absent:
            self._driver.close()
        return self._driver.print(data, timeout=timeout, tick=tick)

    def close(self) -> None:
        """See ReceiptPrinter.close."""
        self._driver.close()
