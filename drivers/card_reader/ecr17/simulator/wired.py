"""The double in memory, on a clock that only waiting moves: a Link without a port, for tests in virtual time."""

from drivers.card_reader.ecr17.simulator.outbox import LineEvent
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.errors import DeviceAbsent, DeviceUnanswered


class VirtualClock:
    """Seconds that pass only when somebody waits."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class WiredTerminal:
    """A double and its cable. What it sends while nobody reads waits in the line, as on a pseudo-terminal."""

    def __init__(self, terminal: SimulatedTerminal, clock: VirtualClock) -> None:
        self.terminal = terminal
        self.clock = clock
        self.waiting = bytearray()
        self.plugged_at: float | None = clock.now
        self.generation = 0

    @property
    def is_plugged(self) -> bool:
        """Whether the line can be opened now."""
        return self.plugged_at is not None and self.plugged_at <= self.clock.now

    def connect(self) -> "WiredLink":
        """Open the line. Raises DeviceAbsent while it is unplugged."""
        self.collect()
        if not self.is_plugged:
            raise DeviceAbsent("Porta double: non collegata: controllare alimentazione e cavo.")
        return WiredLink(self)

    def unplug(self, *, until: float | None = None) -> None:
        """Pull the cable; it is back at `until`, or when `plug` is called. What waited in the line is lost."""
        self.waiting.clear()
        self.plugged_at = until
        self.generation += 1
        self.terminal.line_lost()

    def plug(self) -> None:
        """Put the cable back."""
        self.plugged_at = self.clock.now

    def collect(self) -> None:
        """Take over what the double has sent by now."""
        for output in self.terminal.emit(self.clock.now):
            if output is LineEvent.BROKEN:
                self.unplug(until=self.clock.now + self.terminal.replug_after)
            elif isinstance(output, bytes) and self.is_plugged:
                self.waiting += output


class WiredLink:
    """The till's end of the cable."""

    def __init__(self, cable: WiredTerminal) -> None:
        self._cable = cable
        self._generation = cable.generation
        self._is_open = True

    def read(self, *, timeout: float) -> bytes:
        """See Link.read. Moves the clock to the next thing that happens."""
        clock = self._cable.clock
        deadline = clock.now + timeout
        while True:
            self._cable.collect()
            self._check()
            if self._cable.waiting or clock.now >= deadline:
                break
            due = self._cable.terminal.due
            clock.now = max(clock.now, min(deadline, due if due is not None else deadline))
        data = bytes(self._cable.waiting)
        self._cable.waiting.clear()
        return data

    def write(self, data: bytes, *, timeout: float) -> None:  # noqa: ARG002 - memory takes everything at once
        """See Link.write."""
        self._cable.collect()
        self._check()
        self._cable.terminal.receive(data, self._cable.clock.now)

    def close(self) -> None:
        """See Link.close."""
        self._is_open = False

    def _check(self) -> None:
        if not self._is_open or self._generation != self._cable.generation:
            raise DeviceUnanswered("Porta double: scollegata: controllare alimentazione e cavo.")
