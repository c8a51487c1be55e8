"""Bytes of a receipt, and the time from its last byte to its proof, each against a baseline of the same run.

Bytes: what the driver sends for the customer's copy, against a plain text dump of the same lines and against a raster
of the same paper. Time: from the first byte of a job to its proof on a double whose line and head are paced, against
transmission plus paper. Goals: at most 1.10 times the dump; proof at most 0.3 s after transmission and paper.

    scripts/bench printer
"""

import argparse
import statistics
import time
from collections.abc import Iterator

from drivers.contracts import Document, PrintState
from drivers.printer.driver import EscPosPrinter
from drivers.printer.layout import lay_out, plain_text
from drivers.printer.options import COLUMNS, EscPosOptions
from drivers.printer.simulator import Script, SimulatedPrinter
from drivers.printer.simulator.machine import Machine
from drivers.printer.simulator.paper import WIDTHS
from pos_app.receipts.documents import customer_copy
from pos_app.texts import texts
from tests.pos_app.receipts.conftest import PAID

MOST_BYTES = 1.10  # times the plain text
MOST_SECONDS = 0.3  # beyond transmission and paper
RASTER_HEAD = 8  # GS v 0 m xL xH yL yH

# (model, proof, baud of the line, millimetres a second of the head); printing.md 5.
DESKS = (
    ("epson", "process_id", 19200, 150.0),
    ("epson", "process_id", 38400, 250.0),
    ("epson", "process_id", 115200, 250.0),
    ("clone", "gs_r", 19200, 150.0),
    ("clone", "gs_r", 115200, 90.0),
    ("simple", "asb", 115200, 150.0),
)


def main() -> None:
    """Both measurements, and whether they meet their goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=3, help="jobs at each desk")
    jobs = parser.parse_args().jobs
    receipt = customer_copy(PAID, texts("it"))
    show_bytes(receipt)
    show_times(receipt, jobs)


# --- bytes ---------------------------------------------------------------------------------------


def show_bytes(receipt: Document) -> None:
    """A line for each width, and the worst ratio."""
    ratios = []
    for columns in COLUMNS:
        options = EscPosOptions("x", columns=columns)
        sent = EscPosPrinter(options).render(receipt)
        lines = plain_text(lay_out(receipt, columns=columns, repertoire=options.repertoire))
        dump, raster = len(lines.encode("cp858")), raster_bytes(sent, columns)
        ratios.append(len(sent) / dump)
        print(
            f"{columns} columns: {len(sent):5} bytes   plain text {dump:5} (ratio {len(sent) / dump:.3f})"
            f"   raster {raster:6} (ratio {len(sent) / raster:.3f})"
        )
    print(f"receipt / plain text = {max(ratios):.3f}   (goal: at most {MOST_BYTES})")


def raster_bytes(sent: bytes, columns: int) -> int:
    """What the same paper takes as a picture of the head's width."""
    machine = Machine(columns)
    machine.swallow(sent)
    rows = sum(mark.dots for mark in machine.pieces[0].marks)
    return RASTER_HEAD + rows * WIDTHS[columns] // 8


# --- time ----------------------------------------------------------------------------------------


def show_times(receipt: Document, jobs: int) -> None:
    """A line for each desk, and the worst median beyond transmission and paper."""
    worst = 0.0
    for model, proof, baudrate, speed in DESKS:
        script = Script(model=model, baudrate=baudrate, speed_mm_s=speed)
        measured = list(times(receipt, script, proof, jobs))
        taken, sending, paper = (statistics.median(column) for column in zip(*measured, strict=True))
        floor = sending + paper
        worst = max(worst, taken - floor)
        print(
            f"{model:<6} {proof:<10} {baudrate:>6} baud {speed:3.0f} mm/s: proof after {taken:.2f} s"
            f"   transmission + paper {floor:.2f} s   beyond {taken - floor:+.2f} s"
            f"   beyond the longer of the two {taken - max(sending, paper):+.2f} s"
        )
    print(f"proof - (transmission + paper) = {worst:+.2f} s at worst   (goal: at most {MOST_SECONDS:+.1f} s)")


def times(receipt: Document, script: Script, proof: str, jobs: int) -> Iterator[tuple[float, float, float]]:
    """(seconds to the proof, of transmission, of paper) of each job but the first, in which much is found out.

    The paper counts up to its last line: the cut comes behind the proof.
    """
    with SimulatedPrinter(script=script) as double:
        printer = EscPosPrinter(EscPosOptions(double.port, baudrate=script.baudrate, proof=proof))
        data = printer.render(receipt)
        for number in range(jobs + 1):
            start = time.perf_counter()
            told = printer.print(data, timeout=30.0, tick=lambda: None)
            taken = time.perf_counter() - start
            assert (told.state, told.method) == (PrintState.PRINTED, proof), told
            wait_for(double, number + 1)
            lines = double.pieces[-1].marks[:-1]
            paper = sum(mark.dots for mark in lines) / 8 / script.speed_mm_s
            if number:
                yield taken, len(data) * 10 / script.baudrate, paper
        printer.close()


def wait_for(double: SimulatedPrinter, papers: int) -> None:
    """Until that many papers are cut."""
    while len(double.pieces) < papers:
        time.sleep(0.01)


if __name__ == "__main__":
    main()
