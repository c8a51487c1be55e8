"""What every ReceiptPrinter owes, the double in memory and the driver over a pseudo-terminal and TCP alike."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from drivers.contracts import Document, PrintState, ReceiptPrinter
from drivers.errors import DeviceAbsent
from drivers.printer.conversation import Limits
from drivers.printer.driver import EscPosPrinter
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator import InMemoryPrinter, Piece, Script, SimulatedPrinter

PROMPT = Limits(answer=0.3, clearing=0.2, grace=0.3, restart=0.2)


@dataclass
class Bench:
    """A printer, and the far side of it."""

    printer: ReceiptPrinter
    double: Any
    unplug: Callable[[], None]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        papers: tuple[Piece, ...] = self.double.pieces
        return papers


def in_memory(script: Script, _running: ExitStack) -> Bench:
    printer = InMemoryPrinter(script=script)

    def unplug() -> None:
        printer.absent = True

    return Bench(printer, printer, unplug)


def on_a_line(tcp: tuple[str, int] | None, script: Script, running: ExitStack) -> Bench:
    double_running = running.enter_context(ExitStack())
    double = double_running.enter_context(SimulatedPrinter(script=script, tcp=tcp))
    printer = EscPosPrinter(EscPosOptions(double.port), job_numbers=count(1), limits=PROMPT)
    running.callback(printer.close)

    def unplug() -> None:
        printer.close()
        double_running.close()

    return Bench(printer, double, unplug)


BENCHES: dict[str, Callable[[Script, ExitStack], Bench]] = {
    "in memory": in_memory,
    "pseudo-terminal": lambda script, running: on_a_line(None, script, running),
    "tcp": lambda script, running: on_a_line(("127.0.0.1", 0), script, running),
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Callable[..., Bench]]:
    with ExitStack() as running:
        yield lambda **script: BENCHES[request.param](Script(**script), running)


Start = Callable[..., Bench]


def quiet() -> None:
    """A tick that nobody listens to."""


def test_a_ready_printer_says_so(bench: Start) -> None:
    status = bench().printer.status(timeout=2)
    assert (status.ready, status.paper_low, status.proven) == (True, False, True)


def test_a_copy_is_printed_and_proven(bench: Start, receipt: Document) -> None:
    at = bench()
    proof = at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet)
    assert (proof.state, proof.method) == (PrintState.PRINTED, "process_id")
    assert at.pieces[0].text.splitlines()[:3] == ["RICEVUTA", "-" * 48, f"Riga 1{'perché città':>42}"]
    assert at.double.unknown == ()


def test_rendering_says_the_same_bytes_every_time_and_sends_none(bench: Start, receipt: Document) -> None:
    at = bench()
    assert at.printer.render(receipt) == at.printer.render(receipt)
    assert at.pieces == ()
    assert at.double.tape.marks == ()


@pytest.mark.parametrize(
    ("fault", "word"), [("paper_out", "carta"), ("cover_open", "coperchio"), ("cutter_jam", "taglierina")]
)
def test_a_printer_in_trouble_gets_no_byte_and_says_why(bench: Start, receipt: Document, fault: str, word: str) -> None:
    at = bench()
    at.double.happen(fault)
    status = at.printer.status(timeout=2)
    assert not status.ready
    assert word in status.description
    proof = at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet)
    assert proof.state is PrintState.NOT_STARTED
    assert word in proof.reason
    assert at.double.tape.text == ""


def test_paper_that_runs_low_is_only_a_warning(bench: Start, receipt: Document) -> None:
    at = bench(paper_mm=200.0, near_end_mm=150.0)
    assert at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet).state is PrintState.PRINTED
    status = at.printer.status(timeout=2)
    assert (status.ready, status.paper_low) == (True, True)


def test_paper_that_ends_in_the_middle_leaves_a_partial_copy(bench: Start, receipt: Document) -> None:
    at = bench(paper_mm=40.0)
    proof = at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet)
    assert proof.state is PrintState.PARTIAL
    assert "carta è finita" in proof.reason
    assert at.pieces == ()


def test_after_a_new_roll_exactly_one_whole_copy_comes_out(bench: Start, receipt: Document) -> None:
    at = bench(paper_mm=40.0)
    at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet)
    at.double.happen("new_roll")
    proof = at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet)
    assert proof.state is PrintState.PRINTED
    assert [piece.text.count("Riga 18") for piece in at.pieces] == [1]


def test_a_printer_that_never_speaks_leaves_it_unknown(bench: Start, receipt: Document) -> None:
    at = bench(model="mute")
    status = at.printer.status(timeout=1)
    assert (status.ready, status.proven) == (True, False)
    proof = at.printer.print(at.printer.render(receipt), timeout=0.4, tick=quiet)
    assert (proof.state, proof.method) == (PrintState.UNKNOWN, "none")
    assert proof.reason


def test_a_printer_that_is_not_there_is_absent_and_nothing_starts(bench: Start, receipt: Document) -> None:
    at = bench()
    at.unplug()
    proof = at.printer.print(at.printer.render(receipt), timeout=2, tick=quiet)
    assert (proof.state, proof.method) == (PrintState.NOT_STARTED, "none")
    assert proof.reason.endswith(".")
    with pytest.raises(DeviceAbsent):
        at.printer.status(timeout=2)


def test_the_watchdog_is_fed(bench: Start, receipt: Document) -> None:
    ticks: list[int] = []
    at = bench()
    at.printer.print(at.printer.render(receipt), timeout=5, tick=lambda: ticks.append(threading.get_ident()))
    assert set(ticks) == {threading.get_ident()}


def test_it_may_be_closed_twice_and_used_again(bench: Start, receipt: Document) -> None:
    at = bench()
    at.printer.close()
    at.printer.close()
    assert at.printer.print(at.printer.render(receipt), timeout=5, tick=quiet).state is PrintState.PRINTED
