"""Readers wired to their double: in memory on a virtual clock, over a pseudo-terminal, over TCP."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint, TcpEndpoint
from drivers.card_reader.ecr17.simulator.script import Script
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.card_reader.ecr17.simulator.wired import VirtualClock, WiredTerminal
from drivers.contracts import CardTransaction, ChargeAnswer

KEY = b"a key of the tests"
# Real lines wait in real seconds, so their limits are short; virtual time costs nothing.
SHORT = {
    "acknowledgement_seconds": 0.6,
    "silence_seconds": 0.5,
    "quiet_seconds": 0.1,
    "poll_seconds": 0.02,
    "nak_pause_seconds": 0.02,
    "receipt_seconds": 0.2,
    "status_seconds": 1.0,
    "answer_seconds": 1.0,
}


@dataclass
class Bench:
    """A reader's driver and its double, with what the driver handed over."""

    reader: Ecr17CardReader
    terminal: SimulatedTerminal
    unplug: Callable[[], None]
    patience: float
    pass_time: Callable[[float], None]
    late: list[CardTransaction] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    ticks: int = 0

    def __post_init__(self) -> None:
        self.reader.on_late = self.late.append

    def tick(self) -> None:
        self.ticks += 1

    def waiting(self) -> dict[str, Any]:
        return {"timeout": self.patience, "tick": self.tick}

    def pay(self, amount: int, reference: str = "REF0001") -> ChargeAnswer:
        return self.reader.pay(amount, reference=reference, on_result=self.results.append, **self.waiting())


Factory = Callable[..., Bench]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1000.0)


@pytest.fixture
def in_memory(clock: VirtualClock) -> Factory:
    def make(script: Script | None = None, **options: Any) -> Bench:
        cable = WiredTerminal(SimulatedTerminal(script), clock)
        reader = Ecr17CardReader(
            Ecr17Options("double:", **options),
            fingerprint_key=KEY,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            connect=cable.connect,
        )
        return Bench(reader, cable.terminal, lambda: cable.unplug(until=clock.now + 0.2), 600.0, clock.sleep)

    return make


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as opened:
        yield opened


@pytest.fixture
def over_pty(stack: contextlib.ExitStack, tmp_path: Path) -> Factory:
    def make(script: Script | None = None, **options: Any) -> Bench:
        return _on_real_line(stack, script, PtyEndpoint(tmp_path / "reader"), options)

    return make


@pytest.fixture
def over_tcp(stack: contextlib.ExitStack) -> Factory:
    def make(script: Script | None = None, **options: Any) -> Bench:
        return _on_real_line(stack, script, TcpEndpoint("127.0.0.1", 0), options)

    return make


def _on_real_line(
    stack: contextlib.ExitStack, script: Script | None, endpoint: PtyEndpoint | TcpEndpoint, options: dict[str, Any]
) -> Bench:
    double = stack.enter_context(CardReaderDouble(SimulatedTerminal(script), endpoint))
    reader = Ecr17CardReader(Ecr17Options(double.port, **{**SHORT, **options}), fingerprint_key=KEY)
    stack.callback(reader.close)
    return Bench(reader, double.terminal, double.unplug, 10.0, time.sleep)
