"""`pos-terminal simulate printer`: the double as a program of its own."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from drivers.printer.simulator.models import Script
from drivers.printer.simulator.server import SimulatedPrinter
from drivers.printer.simulator.tray import Tray


def serve(
    *,
    out: Path,
    link: Path | None = None,
    tcp: tuple[str, int] | None = None,
    columns: int = 48,
    script: Script | None = None,
) -> None:
    """`simulate printer`: be a printer until SIGTERM or SIGINT, each paper as picture, text and JSON in `out`.

    `link` becomes a symbolic link to the pseudo-terminal. Says `printer ready LINK` on standard output.
    """
    stop = threading.Event()
    with (
        _signalled(stop),
        SimulatedPrinter(columns=columns, script=script, tcp=tcp, tray=Tray(out)) as printer,
        _linked(link, printer.port) as name,
    ):
        sys.stdout.write(f"printer ready {name}\n")
        sys.stdout.flush()
        stop.wait()


@contextlib.contextmanager
def _signalled(stop: threading.Event) -> Iterator[None]:
    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _linked(link: Path | None, port: str) -> Iterator[str]:
    if link is None:
        yield port
        return
    link.unlink(missing_ok=True)
    link.symlink_to(port)
    try:
        yield str(link)
    finally:
        link.unlink(missing_ok=True)
