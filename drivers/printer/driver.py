"""The ESC/POS receipt printer: preflight, writing with deadlines, and knowing whether it printed (printing.md 1)."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from drivers.contracts import Document, PrinterStatus, PrintState, Proof, Tick
from drivers.errors import DeviceError, DeviceUnanswered
from drivers.link import LineSettings, Link, open_link
from drivers.printer.conversation import Conversation, Limits
from drivers.printer.escpos import before_end, write
from drivers.printer.footing import Footing, FootingFinder
from drivers.printer.job import PrintJob
from drivers.printer.layout import lay_out
from drivers.printer.options import EscPosOptions
from drivers.printer.proof import Answers, rungs
from drivers.printer.status import SILENT, SILENT_NOW, Condition, by_questions

PREFLIGHT = 2.5  # seconds for all four questions
SLOWEST_LINES = 13.0  # lines a second of the slowest 58 mm units (50 mm/s at 3.75 mm a line)
BITS_PER_BYTE = 10  # 8N1
MOST_SILENCES = 3  # jobs without an answer, after which a printer is not asked any more what it can prove

BUSY = "La stampante non ha finito la stampa di prima: aspettare; se non finisce, spegnerla e riaccenderla."


def _nobody() -> None:
    """Tick for nobody: outside a job no watchdog waits."""


class Opener(Protocol):
    """Opens lines: drivers.link.open_link, or what stands in for it."""

    def __call__(self, settings: LineSettings, *, timeout: float, monotonic: Callable[[], float]) -> Link:
        """The line, open. Raises DeviceAbsent."""
        ...


class EscPosPrinter:
    """Implements drivers.contracts.ReceiptPrinter over any line that drivers.link opens.

    A serial or USB line is opened on first use and kept; a network printer is connected anew for each job, because they
    drop idle connections (printing.md 1). What a printer can prove is found out before its first job and remembered.
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
        self._conversation: Conversation | None = None
        self._answers = Answers()
        self._has_answered = False
        self._left_over: float | None = self._limits.restart  # seconds of an unproven job, perhaps in the printer yet
        self._forget_abilities()

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
            return self._run(data, deadline)
        finally:
            self._tick = _nobody
            self._let_go_of_network()

    def close(self) -> None:
        """See ReceiptPrinter.close."""
        self._hang_up()
        self._forget_abilities()

    def _forget_abilities(self) -> None:
        """Another printer may hang there next time."""
        self._wanted = rungs(self._options.proof)
        self._has_proven, self._silences = False, 0
        self._has_macro: bool | None = None  # not known

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    def _abandon(self) -> None:
        self._forget_abilities()
        if self._conversation is not None:
            self._conversation.abandon()
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
            self._empty()
        except DeviceError as error:
            return str(error)
        return ""

    def _empty(self) -> None:
        """Have the printer forget what an unproven job left, so that no second original comes out."""
        if self._left_over is not None and self._wanted and self._open().clear():
            self._answers.none_owed()
            self._left_over = None

    def _preflight(self, timeout: float) -> Condition | None:
        """What the printer says of itself; None when it says nothing. A line that went away is opened once more."""
        was_open = self._conversation is not None
        try:
            return self._ask(timeout)
        except DeviceUnanswered:
            self._abandon()
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
            link = self._opened(line)
            self._conversation = Conversation(
                link, self._answers, limits=self._limits, monotonic=self._monotonic, tick=self._pass_tick
            )
            self._conversation.forget_what_waits()
        return self._conversation

    def _opened(self, line: LineSettings) -> Link:
        try:
            return self._opener(line, timeout=self._limits.opening, monotonic=self._monotonic)
        except DeviceError:
            self._forget_abilities()
            raise

    def _pass_tick(self) -> None:
        """Call the tick of the job that is under way: the line outlives jobs."""
        self._tick()

    def _let_go_of_network(self) -> None:
        if self._options.port.startswith(("tcp://", "socket://")):
            self._hang_up()

    def _run(self, data: bytes, deadline: float) -> Proof:
        try:
            footing = self._footing(deadline) if self._wanted else None
        except DeviceError as error:
            return Proof(PrintState.NOT_STARTED, "none", str(error))
        if footing is not None and self._has_proven and not footing.rung:
            return Proof(PrintState.NOT_STARTED, "none", BUSY)
        job = PrintJob(self._open(), footing, heartbeat=self._has_answered)
        printed, end = before_end(data, self._options)
        patience = min(deadline, self._monotonic() + self._patience(data))
        proof = job.run(printed, end, deadline=patience, blind=self._duration(data))
        nothing_left = proof.state is PrintState.PRINTED or job.is_cleared
        self._left_over = None if nothing_left else self._duration(data)
        if job.is_cleared:
            self._answers.none_owed()
        if job.is_broken:
            self._abandon()
        return proof

    def _footing(self, deadline: float) -> Footing:
        """What will prove the next job, by what is known of this printer; the first time it is found out."""
        finder = FootingFinder(self._open(), self._job_numbers)
        finishing = self._limits.restart if self._has_proven else 0.0  # it may be cutting yet
        wait = self._limits.clearing + finishing + (self._left_over or 0.0)
        footing, is_deaf = Footing(), self._silences >= MOST_SILENCES
        if self._has_macro is not False and not is_deaf:
            footing = finder.find(self._wanted, timeout=min(wait, deadline - self._monotonic()))
        if self._has_macro is not True and not footing.rung and not is_deaf:
            footing = finder.find_without_macro(self._wanted, timeout=min(wait, deadline - self._monotonic()))
        self._learn(footing)
        return footing

    def _learn(self, footing: Footing) -> None:
        if footing.rung:
            self._wanted, self._has_proven, self._has_macro = (footing.rung,), True, footing.canary
        elif not self._has_proven:
            self._silences += 1

    def _patience(self, data: bytes) -> float:
        """Three times what transmission and paper take at their slowest, and five seconds (printing.md 5)."""
        return 3 * self._duration(data) + 5

    def _duration(self, data: bytes) -> float:
        """Seconds for transmission and paper, at their slowest."""
        return len(data) * BITS_PER_BYTE / self._options.baudrate + data.count(b"\n") / SLOWEST_LINES
