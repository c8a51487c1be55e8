"""The printer double on a line: a thread behind a pseudo-terminal or a TCP port, as a fixture."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Self

from drivers.printer.simulator.lines import CHUNK, PtyLine, TcpLine
from drivers.printer.simulator.machine import ALMOST_FULL, Machine
from drivers.printer.simulator.models import Script
from drivers.printer.simulator.paper import Piece
from drivers.printer.simulator.tray import Tray

IDLE = 0.25  # seconds between two looks at the clock when nothing comes
BITS_PER_BYTE = 10  # 8N1
PACED = 0.005  # the same while it prints at a given speed, or answers late


class SimulatedPrinter:
    """The double in this process. `with SimulatedPrinter() as printer:` a driver opens `printer.port`.

    `tcp` is (host, port) for a network printer, port 0 for any free one; else it is a pseudo-terminal. All that it
    printed is in `pieces`, what is not cut yet in `tape`, what it did not understand in `unknown`.
    """

    def __init__(
        self,
        *,
        columns: int = 48,
        script: Script | None = None,
        tcp: tuple[str, int] | None = None,
        tray: Tray | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = Machine(columns, script)
        self._line: PtyLine | TcpLine = PtyLine() if tcp is None else TcpLine(*tcp)
        self._tray = tray
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = -1, -1
        self._thread: threading.Thread | None = None
        self._started = 0.0
        self._kept = 0
        self._line_busy_until = 0.0

    def __enter__(self) -> Self:
        """Open the line and start printing."""
        self._wake_reader, self._wake_writer = os.pipe()
        self._line.open()
        self._started = self._monotonic()
        self._thread = threading.Thread(target=self._run, name="printer-double", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and let go of the line; the papers stay readable."""
        os.close(self._wake_writer)
        if self._thread is not None:
            self._thread.join()
        os.close(self._wake_reader)
        self._line.close()

    @property
    def port(self) -> str:
        """What a driver's options name: a path, or `tcp://HOST:PORT`."""
        return self._line.port

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All papers cut so far."""
        with self._lock:
            return tuple(self._machine.pieces)

    @property
    def tape(self) -> Piece:
        """The paper that still hangs in the printer."""
        with self._lock:
            return self._machine.tape

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """Everything it was sent that is no known command, or a known one with impossible values."""
        with self._lock:
            return self._machine.unknown

    @property
    def lost_bytes(self) -> int:
        """How many bytes a full buffer did not take."""
        with self._lock:
            return self._machine.lost_bytes

    def happen(self, name: str) -> None:
        """Cause a fault or a repair of models.FAULTS now; a repaired printer prints on by itself."""
        with self._lock:
            self._machine.happen(name)
        os.write(self._wake_writer, b".")

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        while self._line.wait(self._wake_reader, self._wants_bytes(), self._pause()):
            with contextlib.suppress(OSError):
                self._turn()
        with contextlib.suppress(OSError):
            self._print_out()

    def _print_out(self) -> None:
        """What was sent before the end comes out: the cut stands behind the proof that ended the wait."""
        data = b"."
        while data:
            with self._lock:
                self._machine.print_out()
                data = self._line.read(min(self._machine.room, CHUNK))
                self._machine.receive(data, self._monotonic() - self._started)
        self._keep_papers()

    def _keep_papers(self) -> None:
        with self._lock:
            fresh = self._machine.pieces[self._kept :]
            self._kept += len(fresh)
        if self._tray is not None:
            self._tray.take(fresh)

    def _turn(self) -> None:
        """All that waits on the line, one step of the printer for each part of it; then its papers and its answers.

        In this order: whoever got a proof finds the paper, cut, in the tray.
        """
        answers, data = b"", b"."
        while data:
            with self._lock:
                now = self._monotonic() - self._started
                data = b"" if now < self._line_busy_until else self._line.read(self._room())
                self._pass_time(len(data), now)
                self._machine.receive(data, now)
                answers += self._machine.step(now)
        self._keep_papers()
        self._line.write(answers)

    def _pass_time(self, count: int, now: float) -> None:
        """A line of a given speed is busy with the bytes that it brought; they are taken when their time has come."""
        if self._machine.script.baudrate and count:
            started = max(self._line_busy_until, now - PACED)
            self._line_busy_until = started + count * BITS_PER_BYTE / self._machine.script.baudrate

    def _room(self) -> int:
        """Bytes to take from the line now. XOFF holds the far side back: what it had sent stays on the line."""
        if self._machine.script.handshake == "none":
            return CHUNK
        return 0 if self._machine.holds_back else min(self._machine.room, ALMOST_FULL)

    def _wants_bytes(self) -> bool:
        with self._lock:
            on_its_way = self._monotonic() - self._started < self._line_busy_until
            return not on_its_way and self._room() > 0

    def _pause(self) -> float:
        script = self._machine.script
        paced = script.speed_mm_s or script.baudrate or script.answer_seconds or script.faults
        return PACED if paced else IDLE
