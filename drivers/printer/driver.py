"""The ESC/POS receipt printer: preflight, writing with deadlines, and knowing whether it printed (printing.md 1)."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from drivers.contracts import Document, PrinterStatus, PrintState, Proof, Tick
from drivers.errors import DeviceError, DeviceUnanswered
from drivers.link import LineSettings, Link, open_link
from drivers.printer.conversation import Conversation, Limits
from drivers.printer.escpos import before_end, write
from drivers.printer.job import PrintJob
from drivers.printer.layout import lay_out
from drivers.printer.options import EscPosOptions
from drivers.printer.proof import process_id, rungs
from drivers.printer.status import SILENT, SILENT_NOW, Condition, by_questions

PREFLIGHT = 2.5  # seconds for all four questions
SLOWEST_LINES = 13.0  # lines a second of the slowest 58 mm units (50 mm/s at 3.75 mm a line)
BITS_PER_BYTE = 10  # 8N1


def _nobody() -> None:
    """Tick for nobody: outside a job no watchdog waits."""


@dataclass(frozen=True)
class _LeftOver:
    """What an unproven job may have left in the printer: so long it takes, so many barriers it will still answer."""

    seconds: float
    barriers: int


class Opener(Protocol):
    """Opens lines: drivers.link.open_link, or what stands in for it."""

    def __call__(self, settings: LineSettings, *, timeout: float, monotonic: Callable[[], float]) -> Link:
        """The line, open. Raises DeviceAbsent."""
        ...


class EscPosPrinter:
    """Implements drivers.contracts.ReceiptPrinter over any line that drivers.link opens.

    A serial or USB line is opened on first use and kept; a network printer is connected anew for each job, because they
    drop idle connections (printing.md 1). What a printer can prove is found out in its first job and remembered.
    """

    def __init__(
        self,
        options: EscPosOptions,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        job_numbers: Iterator[int] | None = None,
        limits: Limits | None = None,
        opener: Opener = open_link,
    ) -> None:
        self._options = options
        self._opener = opener
        self._monotonic = monotonic
        self._job_numbers = job_numbers or itertools.count(secrets.randbelow(95**4))
        self._limits = limits or Limits()
        self._tick: Tick = _nobody
        self._wanted = rungs(options.proof)
        self._conversation: Conversation | None = None
        self._has_answered = False
        self._left_over: _LeftOver | None = _LeftOver(seconds=0.0, barriers=0)  # of a process that died, perhaps

    def status(self, *, timeout: float) -> PrinterStatus:
        """See ReceiptPrinter.status. Raises DeviceAbsent when the line cannot be opened."""
        try:
            condition = self._preflight(timeout)
        except DeviceUnanswered as error:
            return PrinterStatus(ready=False, description=str(error), proven=False)
        finally:
            self._let_go_of_network()
        if condition is None:
            silence = SILENT_NOW if self._has_answered else SILENT
            return PrinterStatus(ready=not self._has_answered, description=silence, proven=False)
        return PrinterStatus(condition.trouble is None, condition.sentence, condition.paper_low)

    def render(self, document: Document) -> bytes:
        """See ReceiptPrinter.render."""
        items = lay_out(document, columns=self._options.columns, repertoire=self._options.repertoire)
        return write(items, self._options)

    def print(self, data: bytes, *, timeout: float, tick: Tick) -> Proof:
        """See ReceiptPrinter.print; gives up earlier where the paper must long be out (printing.md 5)."""
        deadline = self._monotonic() + timeout
        self._tick = tick
        try:
            refusal = self._refusal(deadline)
            if refusal:
                return Proof(PrintState.NOT_STARTED, "none", refusal)
            return self._run(data, min(deadline, self._monotonic() + self._patience(data)))
        finally:
            self._tick = _nobody
            self._let_go_of_network()

    def close(self) -> None:
        """See ReceiptPrinter.close."""
        self._hang_up()
        self._wanted = rungs(self._options.proof)

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    # --- before ------------------------------------------------------------------------------

    def _refusal(self, deadline: float) -> str:
        """Why no byte of a job may leave; empty when one may."""
        try:
            condition = self._preflight(min(PREFLIGHT, deadline - self._monotonic()))
            if condition is None:
                return SILENT_NOW if self._has_answered else ""
            if condition.trouble is not None:
                return condition.sentence
            self._finish_earlier_job(deadline)
        except DeviceError as error:
            return str(error)
        return ""

    def _finish_earlier_job(self, deadline: float) -> None:
        """Empty the printer of what an unproven job left, so that no second original comes out."""
        if self._left_over is not None and self._wanted and not self._open().clear():
            limit = min(self._limits.clearing + self._left_over.seconds, max(deadline - self._monotonic(), 0.0))
            self._open().settle(owed=self._left_over.barriers, timeout=limit)
        self._left_over = None

    def _preflight(self, timeout: float) -> Condition | None:
        """What the printer says of itself; None when it says nothing. A line that went away is opened once more."""
        was_open = self._conversation is not None
        try:
            return self._ask(timeout)
        except DeviceUnanswered:
            self._hang_up()
            if not was_open:
                raise
            return self._ask(timeout)

    def _ask(self, timeout: float) -> Condition | None:
        conversation = self._open()
        if not self._wanted:
            return None  # `none` is for printers that can only be written to
        conversation.drain()
        answers = conversation.answers(timeout=timeout)
        self._has_answered = self._has_answered or bool(answers)
        return by_questions(answers) if answers else None

    def _open(self) -> Conversation:
        if self._conversation is None:
            options = self._options
            line = LineSettings(
                options.port,
                baudrate=options.baudrate,
                bytesize=options.bytesize,
                parity=options.parity,
                stopbits=options.stopbits,
                rtscts=options.rtscts,
                xonxoff=options.xonxoff,
            )
            link = self._opener(line, timeout=self._limits.opening, monotonic=self._monotonic)
            self._conversation = Conversation(
                link, limits=self._limits, monotonic=self._monotonic, tick=self._pass_tick
            )
        return self._conversation

    def _pass_tick(self) -> None:
        """Call the tick of the job that is under way: the line outlives jobs."""
        self._tick()

    def _let_go_of_network(self) -> None:
        if self._options.port.startswith(("tcp://", "socket://")):
            self._hang_up()

    def _run(self, data: bytes, deadline: float) -> Proof:
        job = PrintJob(
            self._open(),
            self._wanted,
            process_id(next(self._job_numbers)),
            limits=self._limits,
            monotonic=self._monotonic,
        )
        printed, end = before_end(data, self._options)
        proof = job.run(printed, end, deadline=deadline, tick=self._pass_tick)
        if proof.state is PrintState.PRINTED:
            self._wanted = self._wanted[self._wanted.index(proof.method) :]
        nothing_left = proof.state is PrintState.PRINTED or job.is_cleared
        self._left_over = None if nothing_left else _LeftOver(self._duration(data), job.barriers_owed)
        if job.is_broken:
            self._hang_up()
        return proof

    def _patience(self, data: bytes) -> float:
        """Three times what transmission and paper take at their slowest, and five seconds (printing.md 5)."""
        return 3 * self._duration(data) + 5

    def _duration(self, data: bytes) -> float:
        """Seconds for transmission and paper, at their slowest."""
        return len(data) * BITS_PER_BYTE / self._options.baudrate + data.count(b"\n") / SLOWEST_LINES
