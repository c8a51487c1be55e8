"""The double as a program: `simulate card-reader`."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from drivers.card_reader.ecr17.codec import LrcRule
from drivers.card_reader.ecr17.simulator.endpoints import Endpoint, PtyEndpoint, TcpEndpoint
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.remote import Rfc2217Endpoint
from drivers.card_reader.ecr17.simulator.script import Script, with_terminal_id
from drivers.card_reader.ecr17.simulator.script_file import load_script
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal


@dataclass(frozen=True)
class DoubleOptions:
    """What the command line gives: exactly one of `pty` (a path) and `tcp` (HOST:PORT, or rfc2217://HOST:PORT)."""

    pty: Path | None = None
    tcp: str | None = None
    script: Path | None = None
    lrc: str = "frame"
    terminal_id: str | None = None
    state: Path | None = None

    def endpoint(self) -> Endpoint:
        """Return where the double is reached. Raises ValueError."""
        traits = self._script().terminal
        if self.pty is not None and self.tcp is None:
            return PtyEndpoint(self.pty, baudrate=traits.baudrate)
        tcp = self.tcp or ""
        address = urlsplit(tcp if "://" in tcp else f"//{tcp}")
        if self.pty is not None or not address.hostname or address.port is None:
            raise ValueError("give either --pty LINK or --tcp HOST:PORT")
        if address.scheme == "rfc2217":
            return Rfc2217Endpoint(address.hostname, address.port, framing=traits.framing)
        return TcpEndpoint(address.hostname, address.port)

    def terminal(self) -> SimulatedTerminal:
        """Return the reader to be. Raises ValueError for a wrong script, rule, id or state file."""
        if self.lrc not in set(LrcRule):
            raise ValueError(f"the check rule is one of {', '.join(LrcRule)}, not {self.lrc!r}")
        script = self._script()
        if self.terminal_id is not None:
            script = with_terminal_id(script, self.terminal_id)
        memory = Memory.load(self.state) if self.state else Memory()
        return SimulatedTerminal(script, rule=LrcRule(self.lrc), memory=memory)

    def _script(self) -> Script:
        return load_script(self.script) if self.script else Script()


def say(line: str) -> None:
    """Print a line that whoever started us waits for."""
    print(line, flush=True)  # noqa: T201 - a program's first line on standard output is its interface


def serve(options: DoubleOptions, *, announce: Callable[[str], None] = say) -> None:
    """Announce `card-reader ready PORT`, and answer until SIGTERM or SIGINT. Main thread only.

    Raises ValueError for wrong options, OSError for a name or a port that cannot be had.
    """
    double = CardReaderDouble(options.terminal(), options.endpoint())
    double.open()
    try:
        with stopped_by_signals(double.stop):
            announce(f"card-reader ready {double.port}")
            double.run()
    finally:
        double.close()


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGTERM and SIGINT."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
