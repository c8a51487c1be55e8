from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest

from drivers.contracts import Cut, Document, Row, Rule, Text
from drivers.printer.conversation import Limits
from drivers.printer.driver import EscPosPrinter
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator import Script, SimulatedPrinter

PROMPT = Limits(answer=0.3, clearing=0.2, grace=0.3, restart=0.2)  # a double answers at once, or never


@pytest.fixture
def receipt() -> Document:
    """A short paper of 20 lines, about 87 mm with the feed to the cutter."""
    lines = tuple(Row(f"Riga {number}", "perché città") for number in range(1, 19))
    return Document("receipt", (Text("RICEVUTA", bold=True, tall=True), Rule(), *lines, Cut()))


@pytest.fixture
def double() -> Iterator[Callable[..., SimulatedPrinter]]:
    """Starts printer doubles on pseudo-terminals; they end with the test."""
    with ExitStack() as running:

        def started(*, columns: int = 48, tcp: tuple[str, int] | None = None, **script: Any) -> SimulatedPrinter:
            return running.enter_context(SimulatedPrinter(columns=columns, script=Script(**script), tcp=tcp))

        yield started


@pytest.fixture
def driver() -> Iterator[Callable[..., EscPosPrinter]]:
    """The driver on a double, or on any port; closed with the test."""
    opened: list[EscPosPrinter] = []

    def connected(port: str, **options: Any) -> EscPosPrinter:
        printer = EscPosPrinter(EscPosOptions(port, **options), job_numbers=count(1), limits=PROMPT)
        opened.append(printer)
        return printer

    yield connected
    for printer in opened:
        printer.close()
