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

    def _turn(self) -> None:
        """One look at the line, one step of the printer, and its answers."""
        with self._lock:
            data = self._line.read(self._room())
            now = self._monotonic() - self._started
            self._machine.receive(data, now)
            answers = self._machine.step(now)
            fresh = self._machine.pieces[self._kept :]
            self._kept += len(fresh)
        if self._tray is not None:
            self._tray.take(fresh)
        self._line.write(answers)

    def _room(self) -> int:
        """Bytes to take from the line now. XOFF holds the far side back: what it had sent stays on the line."""
        if self._machine.script.handshake == "none":
            return CHUNK
        return 0 if self._machine.holds_back else min(self._machine.room, ALMOST_FULL)

    def _wants_bytes(self) -> bool:
        with self._lock:
            return self._room() > 0

    def _pause(self) -> float:
        script = self._machine.script
        return PACED if script.speed_mm_s or script.answer_seconds or script.faults else IDLE
