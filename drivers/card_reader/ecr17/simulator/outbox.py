"""How the double sends: controls at once, frames until acknowledged or three times, in pieces or amid noise."""

import enum
from collections import deque
from functools import partial

from drivers.card_reader.ecr17.codec import LrcRule, Signal, encode_control, encode_frame
from drivers.card_reader.ecr17.simulator.agenda import Agenda, Entry
from drivers.card_reader.ecr17.simulator.answers import Answer
from drivers.card_reader.ecr17.simulator.line import Line

MAX_SENDS = 3
PLAIN = Answer()  # the manner between two answers that want another one


class LineEvent(enum.Enum):
    """What the double does to the line itself."""

    BROKEN = "broken"  # unplugged, or the connection reset
    CLOSED = "closed"  # the connection ended; a serial line has nothing of the kind


Output = bytes | LineEvent


class Outbox:
    """The sending side. `manner` is the answer under way: it says in what pieces and amid what noise to send.

    Whatever leaves crosses `line`, which may lose it or break.
    """

    def __init__(self, rule: LrcRule, *, pace: float, repeat_after: float) -> None:
        self.agenda = Agenda()
        self.line = Line()
        self.manner = PLAIN
        self._rule = rule
        self._pace = pace
        self._repeat_after = repeat_after
        self._out: list[Output] = []
        self._frames: deque[bytes] = deque()
        self._sends = 0
        self._bad_checks = 0
        self._glued = b""
        self._repeat: Entry | None = None

    @property
    def waits_for_acknowledgement(self) -> bool:
        """Whether a frame was sent that nobody acknowledged yet."""
        return bool(self._frames)

    def emit(self, now: float) -> list[Output]:
        """Return what has left by `now`."""
        self.agenda.run(now)
        out, self._out = self._out, []
        return out

    def behave(self, manner: Answer) -> None:
        """Send from now on as `manner` wants."""
        self.manner, self._bad_checks = manner, manner.bad_checks

    def control(self, signal: Signal, now: float, *, wrong_check: bool = False) -> None:
        """Send an ACK or a NAK."""
        data = bytearray(encode_control(signal, self._rule))
        data[-1] ^= 2 * wrong_check
        self.send(bytes(data), now)

    def glue(self, signal: Signal) -> None:
        """Send an ACK or a NAK in one piece with what leaves next."""
        self._glued = encode_control(signal, self._rule)

    def send(self, data: bytes, now: float) -> None:
        """Send bytes as they are, in the manner of the answer under way."""
        whole = self._glued + bytes.fromhex(self.manner.noise) * self.manner.noise_times + data
        self._glued = b""
        size = self.manner.chunk or len(whole)
        for index, start in enumerate(range(0, len(whole), size)):
            self.agenda.add(now + index * self._pace, partial(self._leave, whole[start : start + size]))

    def break_line(self, now: float) -> None:
        """Break the line once everything planned before has left, what is being planned at `now` included."""
        self.agenda.add(now, self._plan_break)

    def hear(self, data: bytes) -> bytes:
        """Return what of the till's bytes gets through to the reader."""
        through, broken = self.line.carry(data)
        if broken:
            self._out.append(LineEvent.BROKEN)
        return through

    def drop(self) -> None:
        """Forget what waits to be sent: the reader was switched off."""
        self._cancel_repeat()
        self._frames.clear()
        self.behave(PLAIN)

    def _plan_break(self, now: float) -> None:
        self.agenda.add(now, partial(self._leave, LineEvent.BROKEN))

    def deliver(self, frames: list[bytes], now: float) -> None:
        """Send frames one by one, each until it is acknowledged."""
        idle = not self._frames
        self._frames.extend(frames)
        if idle and frames:
            self._sends = 0
            self.send_frame(now)

    def send_frame(self, now: float) -> None:
        """Send the frame that waits for its acknowledgement; after three times, give it and the rest up."""
        self._cancel_repeat()
        if not self._frames:
            return
        if self._sends == MAX_SENDS:
            self._give_up(now)
            return
        self._sends += 1
        frame = bytearray(encode_frame(self._frames[0], self._rule))
        if self._bad_checks:
            self._bad_checks -= 1
            frame[-1] ^= 1
        self.send(bytes(frame), now)
        self._repeat = self.agenda.add(now + self._repeat_after, self.send_frame)

    def acknowledged(self, now: float) -> None:
        """Go on with the next frame."""
        if not self._frames:
            return
        self._cancel_repeat()
        self._frames.popleft()
        self._sends = 0
        if self._frames:
            self.agenda.add(now + self._pace, self.send_frame)
        else:
            self.behave(PLAIN)

    def _give_up(self, now: float) -> None:
        """Nobody acknowledged: the rest is not sent, and the connection ends (ecr17.md 3.3)."""
        self.drop()
        self._leave(LineEvent.CLOSED, now)

    def _cancel_repeat(self) -> None:
        if self._repeat is not None:
            self._repeat.cancelled = True

    def _leave(self, output: Output, _at: float) -> None:
        if isinstance(output, LineEvent):
            self._out.append(output)
            return
        through, broken = self.line.carry(output)
        self._out += [through] * bool(through) + [LineEvent.BROKEN] * broken
