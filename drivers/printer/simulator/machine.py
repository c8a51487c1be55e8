"""The printer double itself: buffer, head, paper, cutter and what it says of them. No port, no thread; time is given.

It is driven by two calls: `receive` takes bytes as they arrive, `step` prints what is due and gives the bytes to send.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import ClassVar

from drivers.printer.simulator.grammar import PASSED_OVER, Command, first_command
from drivers.printer.simulator.health import Health
from drivers.printer.simulator.macro import Macro
from drivers.printer.simulator.models import FAULTS, LOSES_POWER, MODELS, Fault, Script
from drivers.printer.simulator.paper import DOTS_PER_MM, Mark, Piece
from drivers.printer.simulator.press import Press
from drivers.printer.simulator.realtime import CLEAR_KEY, DLE, RealTimeCommand, RealTimeReader

XON, XOFF = b"\x11", b"\x13"
ALMOST_FULL = 128  # bytes left when XOFF is sent (TM-T88III specification)
IDENTITY = {65: b"_DOUBLE 1\x00", 66: b"_DOUBLE\x00", 67: b"_DOUBLE PRINTER\x00"}  # GS I: firmware, maker, model


class Machine:
    """One printer; `happen` causes a fault or a repair by its name."""

    def __init__(self, columns: int, script: Script | None = None) -> None:
        self.script = script or Script()
        self.health = Health(self.script.paper_mm, self.script.near_end_mm)
        self.printed_mm = 0.0
        self.lost_bytes = 0
        self.pieces: list[Piece] = []
        self._abilities = MODELS[self.script.model]
        self._press = Press(columns)
        self._buffer = bytearray()
        self._real_time = RealTimeReader()
        self._push = 0
        self._said = b""
        self.holds_back = False
        self._amid_command = False
        self._macro = Macro()
        self._received: int | None = None  # bytes of print data
        self._last = 0
        self._counts_bytes = any(fault.at_byte for fault in self.script.faults)
        self._kept_back = bytearray()
        self._holds_the_line = self.script.handshake == "hold"
        self._answers: deque[tuple[float, bytes]] = deque()
        self._pending: deque[Fault] = deque(self.script.faults)
        self._now = self._busy_until = self._last_fault = self._dead_until = 0.0

    # --- what goes in and out ----------------------------------------------------------------

    @property
    def room(self) -> int:
        """Bytes that the buffer still takes; a picture under way goes to the head, not to the buffer."""
        if self._is_dead and self._holds_the_line:
            return 0
        kept = 0 if self._amid_command else len(self._buffer)
        return max(self.script.buffer_bytes - kept, 0)

    @property
    def tape(self) -> Piece:
        """The paper after the last cut."""
        return self._press.piece(cut=False)

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """Everything that was no known command, on all papers."""
        return tuple(raw for piece in [*self.pieces, self.tape] for raw in piece.unknown)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the line; real-time commands among them are obeyed at once."""
        self._now = now
        if self._kept_back and not self._is_dead:
            data, self._kept_back = bytes(self._kept_back) + data, bytearray()
        if self._takes_at_once(data):
            self._buffer += data
            return
        for byte in data:
            if self._is_dead:
                self._pass_over(byte)
                continue
            if self._counts_bytes:
                self._count(byte)
            command = self._real_time.feed(byte)
            if self.room:
                self._buffer.append(byte)
            else:
                self.lost_bytes += 1
            if command is not None:
                self._obey(command)

    def _takes_at_once(self, data: bytes) -> bool:
        """Whether no byte of `data` means anything before its turn comes."""
        plain = not self._real_time.is_amid and DLE not in data and len(data) <= self.room
        return plain and not self._is_dead and not self._counts_bytes

    def _pass_over(self, byte: int) -> None:
        """Without power: a line with handshake keeps the byte until somebody takes it, another one loses it."""
        if self._holds_the_line:
            self._kept_back.append(byte)
        else:
            self.lost_bytes += 1

    def swallow(self, data: bytes, now: float = 0.0) -> bytes:
        """Receive all of `data` at a pace that loses none, and step; for use without a line."""
        answers = b""
        for at in range(0, len(data), ALMOST_FULL):
            self.receive(data[at : at + ALMOST_FULL], now)
            answers += self.step(now)
        return answers

    def step(self, now: float) -> bytes:
        """Do what is due at `now`, in seconds; the bytes that the printer sends."""
        self._now = now
        self._let_faults_happen()
        self.receive(b"", now)  # what the line kept while there was no power
        while not self._stands_still and (command := self._next()) is not None:
            self._execute(command)
            self._let_faults_happen()
        self._hold_back()
        return self._due()

    @property
    def next_moment(self) -> float:
        """When it has something to do again, if nobody sends anything; infinite when never."""
        moments = [self._busy_until, self._dead_until]
        if self._answers:
            moments.append(self._answers[0][0])
        if self._pending:
            moments.append(self._last_fault + self._pending[0].after_seconds)
        return min((moment for moment in moments if moment > self._now), default=math.inf)

    def print_out(self) -> None:
        """Print what the buffer holds, however long that takes: nobody waits for it any more."""
        held = -1
        while len(self._buffer) != held and not self.health.stopped:
            held = len(self._buffer)
            self.step(max(self._now, self._busy_until))

    def happen(self, name: str) -> None:
        """Cause the fault or repair `name` of FAULTS. Raises KeyError for a name that is not there."""
        for attribute, value in FAULTS[name].items():
            setattr(self.health, attribute, value)
        if name in LOSES_POWER:
            self._lose_power()
        self._push_if_changed()

    def _lose_power(self) -> None:
        """Everything but the paper is gone; until it has started again it hears nothing and says nothing."""
        self._dead_until = self._now + self.script.boot_seconds
        self.forget()
        self._press.reset()
        self._answers.clear()
        if self.script.glitch:
            self._answers.append((self._now, self.script.glitch))
        self._macro, self._real_time = Macro(), RealTimeReader()
        self._push = 0

    @property
    def _is_dead(self) -> bool:
        return self._now < self._dead_until

    @property
    def _stands_still(self) -> bool:
        return self._is_dead or self.health.stopped or self._busy_until > self._now

    # --- printing ----------------------------------------------------------------------------

    def _next(self) -> Command | None:
        command = first_command(bytes(self._buffer))
        self._amid_command = command is None and bool(self._buffer)
        if command is not None:
            del self._buffer[: len(command.raw)]
        return command

    def _execute(self, command: Command) -> None:
        if command.name in PASSED_OVER:
            return
        self._macro.note(command)
        for mark in self._press.take(command):
            self._print(mark)
        action = self._ACTIONS.get(command.name)
        if action is not None:
            action(self, command.data)

    def _print(self, mark: Mark) -> None:
        millimetres = mark.dots / DOTS_PER_MM
        self._press.keep(mark)
        self.health.paper_mm = max(self.health.paper_mm - millimetres, 0.0)
        self.printed_mm += millimetres
        if self.script.speed_mm_s:
            self._busy_until = max(self._busy_until, self._now) + millimetres / self.script.speed_mm_s
        self._push_if_changed()

    def _cut(self, _data: bytes) -> None:
        self.pieces.append(self._press.piece(cut=True))

    def _reset(self, _data: bytes) -> None:
        self._push = 0

    def _count(self, byte: int) -> None:
        """Count the bytes of print data; the fault that one of them brings comes before the byte is heard."""
        if self._received is not None:
            self._received += 1
        elif self._last == 0x1B and byte == ord("@"):
            self._received = 2
        self._last = byte
        self._let_faults_happen()

    def _let_faults_happen(self) -> None:
        while self._pending and self._is_due(self._pending[0]):
            self._last_fault = self._now
            self.happen(self._pending.popleft().name)

    def _is_due(self, fault: Fault) -> bool:
        due = self.printed_mm >= fault.at_mm and self._now >= self._last_fault + fault.after_seconds
        return due and (self._received or 0) >= fault.at_byte

    # --- what it says ------------------------------------------------------------------------

    def _obey(self, command: RealTimeCommand) -> None:
        if command.name == "DLE EOT" and "real_time" in self._abilities and command.data[0] in (1, 2, 3, 4):
            self._say(bytes([self.health.real_time(command.data[0])]))
        if command.name == "DLE DC4 8" and "clear" in self._abilities and command.data == CLEAR_KEY:
            self.forget()
            self._say(b"7%\x00")

    def forget(self) -> None:
        """Empty buffer and line: what DLE DC4 8 does, and losing power."""
        self._buffer.clear()
        self._press.forget_line()

    def _enable_push(self, data: bytes) -> None:
        if "asb" in self._abilities:
            self._push = data[0]
            self._said = b""
            self._push_if_changed()

    def _push_if_changed(self) -> None:
        status = self.health.automatic()
        if self._push and status != self._said:
            self._said = status
            self._say(status)

    def _tell_sensors(self, data: bytes) -> None:
        if "gs_r" in self._abilities and data[0] in (1, 49):
            self._say(bytes([self.health.sensors()]))

    def _bound_macro(self, _data: bytes) -> None:
        if "macro" in self._abilities:
            self._macro.begin_or_end()

    def _run_macro(self, data: bytes) -> None:
        """GS ^: what was defined, so many times, ahead of what the buffer holds."""
        if "macro" in self._abilities:
            self._buffer[:0] = self._macro.content() * data[0]

    def _tell_identity(self, data: bytes) -> None:
        if "identity" in self._abilities and data[0] in IDENTITY:
            self._say(IDENTITY[data[0]])

    def _tell_process(self, data: bytes) -> None:
        """GS ( H, function 48: its four characters back, when everything before them is printed."""
        if data.startswith(b"H\x06\x0000") and "process_id" in self._abilities:
            self._say(b'7"' + data[5:9] + b"\x00", due=self._busy_until)

    def _say(self, data: bytes, *, due: float = 0.0) -> None:
        if self._abilities and not self.health.silent:
            at = max(due, self._now) + self.script.answer_seconds
            self._answers.append((at, self.script.noise + data))

    def _due(self) -> bytes:
        data = b""
        while self._answers and self._answers[0][0] <= self._now:
            data += self._answers.popleft()[1]
        return data

    def _hold_back(self) -> None:
        """XOFF when the buffer is almost full, XON when it is not any more."""
        full = self.room < ALMOST_FULL
        if self.script.handshake == "xonxoff" and full != self.holds_back:
            self.holds_back = full
            self._answers.appendleft((self._now, XOFF if full else XON))

    _ACTIONS: ClassVar[dict[str, Callable[["Machine", bytes], None]]] = {
        "ESC @": _reset,
        "GS V": _cut,
        "GS :": _bound_macro,
        "GS ^": _run_macro,
        "GS a": _enable_push,
        "GS r": _tell_sensors,
        "GS I": _tell_identity,
        "GS (": _tell_process,
    }
