"""A pytest plugin: `card_reader`, `printer`, `psp` and `terminal` as fixtures, ready to be used or to misbehave.

    pytest -p pos_app.testing.plugin      # or, in the top conftest.py: pytest_plugins = ["pos_app.testing.plugin"]

    def test_a_notice_is_paid(terminal, card_reader):
        assert terminal.terminal.pay(read_code(CODE)).was_charged
        assert card_reader.terminal.memory.money_taken == 12700

The devices are the real drivers' doubles on pseudo-terminals, the PSP is the sandbox on the loopback, and a terminal is
wired as `pos-terminal pay` wires it. How they behave is said by overriding `card_reader_script`, `printer_script`,
`psp_options` or `answers`, or from within the test. Nothing heavy is imported before a fixture is used.
"""

from __future__ import annotations  # the types below are imported inside the fixtures that need them

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.card_reader.ecr17.simulator.script import Script as ReaderScript
    from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
    from drivers.printer.simulator.models import Script as PrinterScript
    from drivers.printer.simulator.server import SimulatedPrinter
    from pos_app.composition.station import Station
    from pos_app.counter import Answer, Question
    from pos_app.sandbox.sandbox import SandboxOptions
    from pos_app.sandbox.server import RunningSandbox
    from pos_app.ui.console import ConsoleScreen, ReadyAnswers


# --- the card reader -----------------------------------------------------------------------------


@pytest.fixture
def card_reader_script() -> ReaderScript:
    """How the card reader behaves: well and at once. Override it, in a module or a class, for anything else."""
    from drivers.card_reader.ecr17.simulator.script import Script, Traits  # noqa: PLC0415 - see the module's first lines

    return Script(Traits(pace=0.0))


@pytest.fixture
def card_reader(card_reader_script: ReaderScript, tmp_path: Path) -> Iterator[CardReaderDouble]:
    """An ECR17 reader on a pseudo-terminal: `port`; `terminal.memory.ledger` is the money it took."""
    from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint  # noqa: PLC0415 - the same
    from drivers.card_reader.ecr17.simulator.server import CardReaderDouble  # noqa: PLC0415 - the same
    from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal  # noqa: PLC0415 - the same

    with CardReaderDouble(SimulatedTerminal(card_reader_script), PtyEndpoint(tmp_path / "card-reader")) as double:
        yield double


# --- the printer ---------------------------------------------------------------------------------


@pytest.fixture
def printer_script() -> PrinterScript:
    """How the printer behaves: well."""
    from drivers.printer.simulator.models import Script  # noqa: PLC0415 - the same

    return Script()


@pytest.fixture
def printer(printer_script: PrinterScript) -> Iterator[SimulatedPrinter]:
    """An ESC/POS printer on a pseudo-terminal: `port`; `pieces` is the paper it cut."""
    from drivers.printer.simulator.server import SimulatedPrinter  # noqa: PLC0415 - the same

    with SimulatedPrinter(script=printer_script) as double:
        yield double


# --- the PSP -------------------------------------------------------------------------------------


@pytest.fixture
def psp_options() -> SandboxOptions:
    """What the sandbox is made of: its built-in registry and notices, on a free port."""
    from pos_app.sandbox.sandbox import SandboxOptions  # noqa: PLC0415 - the same

    return SandboxOptions(port=0)


@pytest.fixture
def psp(psp_options: SandboxOptions) -> Iterator[RunningSandbox]:
    """PSP backend, Node and creditor institution over HTTP: `url`; its control API tells and misbehaves."""
    from pos_app.sandbox.server import RunningSandbox  # noqa: PLC0415 - the same

    with RunningSandbox(psp_options) as running:
        yield running


# --- a whole terminal ----------------------------------------------------------------------------


@pytest.fixture
def answers() -> Mapping[Question, Answer]:
    """What the people at the counter say to each question: yes to what is shown, later to the rest."""
    from pos_app.testing.counter import WILLING  # noqa: PLC0415 - the same

    return WILLING


@pytest.fixture
def terminal(
    card_reader: CardReaderDouble,
    printer: SimulatedPrinter,
    psp: RunningSandbox,
    answers: Mapping[Question, Answer],
    tmp_path: Path,
) -> Iterator[Station]:
    """A terminal wired to the three: `terminal.terminal.pay(notice)`, `terminal.journal`, `terminal.background`."""
    from pos_app import settings  # noqa: PLC0415 - the same
    from pos_app.composition.station import station  # noqa: PLC0415 - the same

    profile = tmp_path / "profile.toml"
    profile.write_text(_PROFILE.format(reader=card_reader.port, printer=printer.port), encoding="utf-8")
    environ = {
        "POS_TERMINAL__TERMINAL__STATE_DIR": str(tmp_path / "state"),
        "POS_TERMINAL__PSP__URL": f"{psp.url}/psp",
    }
    with _counter(answers) as counter, station(settings.load(None, environ), str(profile), counter) as wired:
        yield wired


_PROFILE = """
name = "fixtures"
description = "the doubles of the test plugin"
[card_reader]
driver = "ecr17"
port = "{reader}"
[scanner]
driver = "images"
[printer]
driver = "escpos"
port = "{printer}"
"""


@dataclass(frozen=True)
class _Counter:
    """A counter whose people answer at once, and whose screen nobody looks at."""

    screen: ConsoleScreen
    inbox: ReadyAnswers


@contextmanager
def _counter(answers: Mapping[Question, Answer]) -> Iterator[_Counter]:
    from pos_app.texts import texts  # noqa: PLC0415 - the same
    from pos_app.ui.console import ConsoleScreen, ReadyAnswers  # noqa: PLC0415 - the same

    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device, no path of ours
        screen = ConsoleScreen(nowhere, texts("it"))
        yield _Counter(screen, ReadyAnswers(screen, answers))
