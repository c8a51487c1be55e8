"""One dialogue with the reader (ecr17.md 1.1, 1.3, 3.2, 3.6): bytes in, steps out. No port, no clock of its own.

The rules that keep money safe live here: a money frame is sent again only after a well-formed NAK that no other byte
came with; a result counts wherever it stands in the stream; it is acknowledged once per reception, after it was handed
over. Steps are therefore taken one by one: the next is made only when the one before was done, so a result whose
hand-over raises stays unacknowledged. The times are seconds on whatever clock the caller passes as `now`.
"""

import enum
from collections.abc import Iterator

from drivers.card_reader.ecr17.codec import (
    BadFrame,
    Control,
    FrameReader,
    LrcRule,
    Packet,
    Progress,
    Signal,
    encode_control,
    encode_frame,
)
from drivers.card_reader.ecr17.layout import code_of
from drivers.card_reader.ecr17.masking import RESULT
from drivers.card_reader.ecr17.messages import CARD_RESULTS, RECEIPT_END, receipt_part
from drivers.card_reader.ecr17.replies import APPROVED, REPLIES
from drivers.card_reader.ecr17.steps import (
    Answer,
    Command,
    Ended,
    Ending,
    LateResult,
    Limits,
    ReceiptPiece,
    Send,
    Shown,
    Step,
)

MAX_SENDS = 3  # of one frame, in all
MAX_BAD_FRAMES = 3  # answered with NAK, in a row
CONTROL_LENGTH = 3


class Phase(enum.Enum):
    """What the session waits for."""

    IDLE = enum.auto()
    ACKNOWLEDGEMENT = enum.auto()
    PAUSE = enum.auto()  # refused by NAK; to be sent again shortly
    REPLY = enum.auto()
    RECEIPT = enum.auto()


class Session:
    """The till's side of the dialogue. One command at a time; it outlives the lines it is carried over."""

    def __init__(self, rule: LrcRule = LrcRule.FRAME) -> None:
        self._rule = rule
        self._reader = FrameReader(rule)
        self._phase = Phase.IDLE
        self._command = Command(b"", Limits())
        self._sends = self._bad_frames = self._foreign_bytes = 0
        self._acknowledged = False
        self._due = self._end = 0.0
        self._known_results: tuple[bytes, ...] = ()
        self._handed_over = b""

    @property
    def busy(self) -> bool:
        """Whether a command is under way."""
        return self._phase is not Phase.IDLE

    @property
    def harmless(self) -> bool:
        """Whether a command is under way that moves no money."""
        return self.busy and not self._command.money

    @property
    def inside_packet(self) -> bool:
        """Whether a packet has begun to arrive."""
        return self._reader.inside_packet

    @property
    def due(self) -> float:
        """When `expire` must be called if no byte came before; meaningful while busy."""
        return min(self._due, self._end)

    def begin(self, command: Command, now: float) -> Iterator[Step]:
        """Send a command. Raises RuntimeError while another one is under way."""
        if self.busy:
            raise RuntimeError("one command at a time")
        self._command = command
        self._sends = self._bad_frames = self._foreign_bytes = 0
        self._acknowledged = False
        self._end = now + command.limits.whole
        yield self._send(now)

    def receive(self, data: bytes, now: float) -> Iterator[Step]:
        """Take bytes from the line."""
        if self._phase in (Phase.REPLY, Phase.RECEIPT):
            self._wait(self._phase, now)
        self._foreign_bytes += len(data)
        for packet in self._reader.feed(data):
            yield from self._on_packet(packet, now)

    def expire(self, now: float) -> Iterator[Step]:
        """Do what is due at `now`; nothing when nothing is."""
        if not self.busy or now < self.due:
            return
        if self._may_send_again() and now < self._end:
            yield self._send(now)
        elif self._phase is Phase.ACKNOWLEDGEMENT and self._reader.inside_packet and now < self._end:
            self._wait(Phase.REPLY, now)
        else:
            yield self._over()

    def abandon(self) -> Iterator[Step]:
        """Give the command up: the line is gone, or the caller's time is over."""
        if self.busy:
            yield self._over()

    def forget_line(self) -> None:
        """Drop a half-received packet: the line it came from is gone."""
        self._reader.forget()

    def settle(self, result: bytes) -> None:
        """Know that this result was made durable: every further copy of it is only acknowledged."""
        self._handed_over = result
        self._remember(result)

    def _remember(self, result: bytes) -> None:
        self._known_results = (result, *self._known_results)[:4]

    # --- sending and waiting ---

    def _send(self, now: float) -> Send:
        self._sends += 1
        self._phase = Phase.ACKNOWLEDGEMENT
        self._due = now + self._command.limits.acknowledgement
        return Send(encode_frame(self._command.payload, self._rule))

    def _wait(self, phase: Phase, now: float) -> None:
        limits = self._command.limits
        self._phase = phase
        self._due = now + (limits.receipt if phase is Phase.RECEIPT else limits.silence)

    def _may_send_again(self) -> bool:
        """A money frame is never repeated on a timer, for the reader may have taken it: only after a NAK, alone."""
        if self._phase is Phase.PAUSE:
            return not self._foreign_bytes
        harmless = not self._command.money and not self._reader.inside_packet
        return self._phase is Phase.ACKNOWLEDGEMENT and harmless and self._sends < MAX_SENDS

    def _over(self, ending: Ending | None = None) -> Ended:
        reached = ending or ENDINGS[self._phase]
        self._phase = Phase.IDLE
        return Ended(reached)

    # --- packets ---

    def _on_packet(self, packet: Packet, now: float) -> Iterator[Step]:
        match packet:
            case Control(Signal.NAK):
                yield from self._on_nak(now, well_formed=packet.well_formed)
            case Control():
                yield from self._on_acknowledged(now)
            case Progress(text):
                self._started(now)
                yield Shown(text)
            case BadFrame():
                yield from self._on_bad_frame(now)
            case _:
                self._bad_frames = 0
                yield from self._on_frame(packet.payload, now)

    def _on_acknowledged(self, now: float) -> Iterator[Step]:
        self._acknowledged = True
        if self._phase not in (Phase.ACKNOWLEDGEMENT, Phase.PAUSE):
            return
        if self._command.replies:
            self._wait(Phase.REPLY, now)
        elif self._command.receipt:
            self._wait(Phase.RECEIPT, now)
        else:
            yield self._over(Ending.ANSWERED)

    def _on_nak(self, now: float, *, well_formed: bool) -> Iterator[Step]:
        if well_formed:
            self._foreign_bytes -= CONTROL_LENGTH
        if self._phase is not Phase.ACKNOWLEDGEMENT or (self._command.money and self._foreign_bytes):
            return
        if self._sends == MAX_SENDS:
            yield self._over(Ending.REFUSED)
        elif self._command.money:
            self._phase, self._due = Phase.PAUSE, now + self._command.limits.pause_after_nak
        else:
            yield self._send(now)

    def _started(self, now: float) -> None:
        """Anything but a NAK shows that the command was taken, acknowledged or not."""
        if self._phase in (Phase.ACKNOWLEDGEMENT, Phase.PAUSE):
            self._wait(Phase.REPLY, now)

    def _on_bad_frame(self, now: float) -> Iterator[Step]:
        self._started(now)
        self._bad_frames += 1
        if self._bad_frames <= MAX_BAD_FRAMES:
            yield Send(encode_control(Signal.NAK, self._rule))
        if self._bad_frames == MAX_BAD_FRAMES and self._phase is Phase.REPLY:
            yield self._over(Ending.GARBLED)

    def _on_frame(self, payload: bytes, now: float) -> Iterator[Step]:
        code = code_of(payload)
        if code not in REPLIES:
            yield Send(encode_control(Signal.NAK, self._rule))
        elif code in self._awaited() and not self._is_stale(payload):
            yield from self._on_answer(payload, now)
        elif code in CARD_RESULTS and payload not in (self._handed_over, *self._stale()):
            yield LateResult(payload)
            self.settle(payload)
            yield self._acknowledgement()
        else:
            yield self._acknowledgement()
            yield from self._on_receipt(payload)

    def _acknowledgement(self) -> Send:
        return Send(encode_control(Signal.ACK, self._rule))

    def _awaited(self) -> frozenset[str]:
        """Return the codes that would answer the command; a refused one is not answered but by acceptance."""
        waiting = self._phase in (Phase.ACKNOWLEDGEMENT, Phase.REPLY)
        return self._command.replies if waiting else frozenset()

    def _stale(self) -> tuple[bytes, ...]:
        """Return the results that cannot answer the money command under way, being those of earlier ones."""
        return self._known_results if self._awaited() and self._command.money else ()

    def _is_stale(self, payload: bytes) -> bool:
        """Whether this is a copy of an earlier command's result.

        A known one that comes before the acknowledgement is; after it, only a refusal can be byte-equal to an earlier
        one (ecr17.md 2.3: two aborts in a row), an approval never.
        """
        refused_anew = self._acknowledged and payload[RESULT] != APPROVED.encode()
        return payload in self._stale() and not refused_anew

    def _on_answer(self, payload: bytes, now: float) -> Iterator[Step]:
        self._wait(Phase.RECEIPT, now)
        yield Answer(payload)
        if code_of(payload) in CARD_RESULTS:
            (self.settle if self._command.money else self._remember)(payload)
        yield self._acknowledgement()
        if not self._command.receipt:
            yield self._over(Ending.ANSWERED)

    def _on_receipt(self, payload: bytes) -> Iterator[Step]:
        """Keep only what follows this command's answer; an earlier one's rest is acknowledged and dropped."""
        piece = receipt_part(payload)
        if piece is None or self._phase is not Phase.RECEIPT:
            return
        yield ReceiptPiece(piece)
        if RECEIPT_END in piece:
            yield self._over()


# What it means that the time is over, or the line gone, in each phase.
ENDINGS = {
    Phase.ACKNOWLEDGEMENT: Ending.NO_ANSWER,
    Phase.PAUSE: Ending.NO_ANSWER,
    Phase.REPLY: Ending.INTERRUPTED,
    Phase.RECEIPT: Ending.ANSWERED,
}
