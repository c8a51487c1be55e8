"""The driver against printers that know less, answer badly, or stop in the middle, over real pseudo-terminals."""

import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from drivers.contracts import Document, PrintState, Proof, QrCode
from drivers.errors import DeviceAbsent
from drivers.printer.driver import EscPosPrinter
from drivers.printer.simulator import Fault, Script, SimulatedPrinter

Double = Callable[..., SimulatedPrinter]
Driver = Callable[..., EscPosPrinter]


def print_on(printer: EscPosPrinter, document: Document, *, timeout: float = 8.0, tick: Any = lambda: None) -> Proof:
    return printer.print(printer.render(document), timeout=timeout, tick=tick)


def whole_copies(double: SimulatedPrinter) -> int:
    return sum("Riga 1 " in piece.text and "Riga 18" in piece.text for piece in double.pieces)


@pytest.mark.parametrize(("model", "method"), [("epson", "process_id"), ("clone", "gs_r"), ("simple", "asb")])
def test_the_strongest_proof_a_model_can_give_is_found_out(
    double: Double, driver: Driver, receipt: Document, model: str, method: str
) -> None:
    printer = driver(double(model=model).port)
    assert print_on(printer, receipt) == Proof(PrintState.PRINTED, method)


def test_what_was_found_out_is_not_asked_for_again(double: Double, driver: Driver, receipt: Document) -> None:
    clone = double(model="clone")
    printer = driver(clone.port)
    print_on(printer, receipt)
    assert print_on(printer, receipt).method == "gs_r"
    _eventually(lambda: whole_copies(clone) == 2)
    assert "GS (" in clone.pieces[0].commands
    assert "GS (" not in clone.pieces[1].commands
    assert "GS r" in clone.pieces[1].commands


@pytest.mark.parametrize(
    ("proof", "model", "proven"),
    [
        ("process_id", "epson", True),
        ("process_id", "clone", False),
        ("gs_r", "epson", True),
        ("gs_r", "simple", False),
        ("asb", "epson", True),
        ("asb", "old", False),
        ("none", "epson", False),
        ("auto", "old", False),
    ],
)
def test_a_proof_chosen_by_profile_is_the_only_one_believed(
    double: Double, driver: Driver, receipt: Document, proof: str, model: str, *, proven: bool
) -> None:
    found = print_on(driver(double(model=model).port, proof=proof), receipt, timeout=2.0 if proven else 0.4)
    assert found.state is (PrintState.PRINTED if proven else PrintState.UNKNOWN)
    assert found.method == (proof if proven else "none")


def test_a_printer_that_knows_nothing_is_asked_nothing_behind_the_job(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double()
    print_on(driver(printer.port, proof="none"), receipt)
    _eventually(lambda: whole_copies(printer) == 1)
    assert not {"GS a", "GS r", "GS ("} & {*printer.pieces[0].commands, *printer.tape.commands}


def test_a_printer_that_can_only_be_written_to_is_asked_nothing_at_all(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(faults=(Fault("paper_low"),))
    connected = driver(printer.port, proof="none")
    status = connected.status(timeout=1)
    assert (status.ready, status.proven, status.paper_low) == (True, False, False)
    assert print_on(connected, receipt).method == "none"


# --- stops in the middle -----------------------------------------------------------------------


@pytest.mark.parametrize("millimetres", [1, 44, 77])
@pytest.mark.parametrize(
    ("fault", "repair", "word"),
    [("paper_out", "new_roll", "carta"), ("cover_open", "cover_closed", "coperchio"), ("broken", "repaired", "guasta")],
)
def test_a_stop_at_any_millimetre_is_told_and_mended_by_one_whole_copy(
    double: Double, driver: Driver, receipt: Document, *, fault: str, repair: str, word: str, millimetres: int
) -> None:
    printer = double(faults=(Fault(fault, at_mm=millimetres),))
    connected = driver(printer.port)
    first = print_on(connected, receipt)
    assert first.state is PrintState.PARTIAL
    assert word in first.reason
    assert "annullato" in first.reason
    printer.happen(repair)
    assert print_on(connected, receipt).state is PrintState.PRINTED
    assert whole_copies(printer) == 1
    assert printer.unknown == ()


def test_half_a_job_of_a_process_that_died_does_not_come_out_before_the_copy_that_replaces_it(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(speed_mm_s=80.0)
    dead, reborn = driver(printer.port), driver(printer.port)
    dead._open().send(dead.render(receipt), timeout=1)
    dead.close()
    assert print_on(reborn, receipt).state is PrintState.PRINTED
    assert "".join(piece.text for piece in printer.pieces).count("Riga 18") == 1


def test_a_hot_head_is_waited_for(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(faults=(Fault("hot", at_mm=30.0), Fault("cooled", after_seconds=0.3)))
    assert print_on(driver(printer.port), receipt).state is PrintState.PRINTED


def test_a_printer_that_falls_silent_when_it_stops_leaves_it_unknown_and_then_gets_no_job(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(faults=(Fault("mute_when_stopped"), Fault("paper_out", at_mm=40.0)))
    connected = driver(printer.port)
    assert print_on(connected, receipt, timeout=0.4).state is PrintState.UNKNOWN
    again = print_on(connected, receipt)
    assert again.state is PrintState.NOT_STARTED
    assert "non risponde più" in again.reason
    assert not connected.status(timeout=1).ready


def test_power_lost_in_the_middle_is_not_taken_for_a_print(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(speed_mm_s=250.0, faults=(Fault("power_cut", at_mm=30.0),))
    assert print_on(driver(printer.port), receipt, timeout=0.6).state is PrintState.UNKNOWN


def test_a_cable_pulled_in_the_middle_leaves_it_unknown(driver: Driver, receipt: Document) -> None:
    with ExitStack() as cable:
        printer = cable.enter_context(SimulatedPrinter(script=Script(speed_mm_s=50.0)))
        proof = print_on(driver(printer.port), receipt, timeout=3.0, tick=_after(5, cable.close))
    assert proof.state is PrintState.UNKNOWN
    assert "Porta" in proof.reason


def test_a_cutter_that_jams_takes_nothing_away_from_a_receipt_and_holds_up_the_next(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(faults=(Fault("cutter_jam", at_mm=87.0),))
    connected = driver(printer.port)
    assert print_on(connected, receipt).state is PrintState.PRINTED
    _eventually(lambda: whole_copies(printer) == 1)
    assert "taglierina" in print_on(connected, receipt).reason


def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _after(ticks: int, act: Callable[[], None]) -> Callable[[], None]:
    left = iter(range(ticks, -1, -1))

    def tick() -> None:
        if next(left, -1) == 0:
            act()

    return tick


def test_a_printer_that_was_unplugged_between_two_jobs_is_found_again_or_another_one(
    driver: Driver, receipt: Document, tmp_path: Path
) -> None:
    link = tmp_path / "printer"
    connected = driver(str(link))
    for model in ("epson", "plain"):
        with SimulatedPrinter(script=Script(model=model)) as printer:
            link.unlink(missing_ok=True)
            link.symlink_to(printer.port)
            assert print_on(connected, receipt).state is PrintState.PRINTED
    assert not link.exists()
    assert print_on(connected, receipt).state is PrintState.NOT_STARTED
    with pytest.raises(DeviceAbsent):
        connected.status(timeout=1)


def test_a_line_that_stays_blocked_ends_the_job_in_doubt(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(buffer_bytes=64, speed_mm_s=1.0)
    long = Document("long", receipt.blocks[1:-1] * 200)
    started = time.monotonic()
    proof = print_on(driver(printer.port), long, timeout=1.5)
    assert proof.state is PrintState.UNKNOWN
    assert time.monotonic() - started < 10


# --- bad lines ---------------------------------------------------------------------------------


def test_noise_and_late_answers_do_not_spoil_the_proof(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(noise=b"\xff\x11\x80", answer_seconds=0.1)
    assert print_on(driver(printer.port), receipt) == Proof(PrintState.PRINTED, "process_id")


def test_a_full_buffer_only_slows_down(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(buffer_bytes=64, speed_mm_s=400.0)
    assert print_on(driver(printer.port), receipt).state is PrintState.PRINTED
    assert (whole_copies(printer), printer.lost_bytes) == (1, 0)


def test_xon_and_xoff_keep_a_small_buffer_from_losing_bytes(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(buffer_bytes=300, speed_mm_s=400.0, handshake="xonxoff")
    assert print_on(driver(printer.port, xonxoff=True), receipt).state is PrintState.PRINTED
    assert printer.lost_bytes == 0


def test_without_flow_control_a_small_buffer_loses_bytes_and_the_double_counts_them(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(buffer_bytes=45, speed_mm_s=400.0, handshake="none")
    print_on(driver(printer.port), receipt, timeout=0.5)
    assert printer.lost_bytes > 0


def test_the_proof_comes_when_the_paper_is_out_not_when_the_bytes_are(
    double: Double, driver: Driver, receipt: Document
) -> None:
    printer = double(speed_mm_s=150.0)
    started = time.monotonic()
    assert print_on(driver(printer.port), receipt).state is PrintState.PRINTED
    taken = time.monotonic() - started
    paper = printer.pieces[0].millimetres / 150.0
    assert paper * 0.9 < taken < paper + 0.6


def test_a_network_printer_is_connected_anew_for_each_job(double: Double, driver: Driver, receipt: Document) -> None:
    printer = double(tcp=("127.0.0.1", 0))
    connected = driver(printer.port)
    for _ in range(3):
        assert print_on(connected, receipt).state is PrintState.PRINTED
    assert whole_copies(printer) == 3


def test_a_picture_larger_than_the_buffer_is_printed(double: Double, driver: Driver) -> None:
    printer = double()
    code = Document("code", (QrCode("PAGOPA|002|301000000001234519|77777777777|12850"),))
    assert print_on(driver(printer.port, qr="raster"), code).state is PrintState.PRINTED
    assert "[picture 200x198]" in printer.tape.text


def test_the_bell_rings_at_least_once_a_second(double: Double, driver: Driver, receipt: Document) -> None:
    rung: list[float] = []
    printer = double(model="old")
    print_on(driver(printer.port), receipt, timeout=1.2, tick=lambda: rung.append(time.monotonic()))
    gaps = [after - before for before, after in itertools.pairwise(rung)]
    assert max(gaps) <= 1.0
