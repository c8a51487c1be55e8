"""Packets of the till-to-reader link (ecr17.md 1): STX payload ETX LRC, control and progress. Performs no I/O."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from drivers.card_reader.ecr17.masking import mask_card_number

SOH, STX, ETX, EOT, ACK, NAK = 0x01, 0x02, 0x03, 0x04, 0x06, 0x15
LRC_SEED = 0x7F  # the check starts from 7F, not from zero
MAX_PAYLOAD = 2048  # the longest documented payload (K) has 1050 bytes
MAX_PROGRESS = 64  # 20 by the document; a little slack costs nothing, for it is only shown
STARTERS = frozenset({SOH, STX, ACK, NAK})


class LrcRule(enum.StrEnum):
    """Which bytes the check covers (ecr17.md 1.2). Every real reader seen uses `frame`."""

    FRAME = "frame"
    PAYLOAD = "payload"
    PAYLOAD_ETX = "payload_etx"
    STX_PAYLOAD = "stx_payload"


# (bytes before the payload, bytes after it) that enter the check
COVERED = {
    LrcRule.FRAME: (bytes([STX]), bytes([ETX])),
    LrcRule.PAYLOAD: (b"", b""),
    LrcRule.PAYLOAD_ETX: (b"", bytes([ETX])),
    LrcRule.STX_PAYLOAD: (bytes([STX]), b""),
}


class Signal(enum.Enum):
    """What a control packet says."""

    ACK = ACK
    NAK = NAK


@dataclass(frozen=True)
class Frame:
    """An application packet whose check is right; the card number in it is already masked."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class BadFrame:
    """An application packet whose check is wrong: to be answered with NAK, never to be read."""


@dataclass(frozen=True)
class Control:
    """An acknowledgement or its refusal. A wrong check is reported, and obeyed all the same."""

    signal: Signal
    well_formed: bool = True


@dataclass(frozen=True)
class Progress:
    """A text for the display. Never an outcome."""

    text: str


Packet = Frame | BadFrame | Control | Progress


def check_byte(covered: bytes) -> int:
    """Return the LRC of the bytes it covers."""
    return reduce(xor, covered, LRC_SEED)


def frame_check(payload: bytes, rule: LrcRule) -> int:
    """Return the LRC of an application packet under `rule`."""
    before, after = COVERED[rule]
    return check_byte(before + payload + after)


def control_check(signal: Signal, rule: LrcRule) -> int:
    """Return the LRC of a control packet under `rule`: `06 03 7A` where ETX is covered, else `06 03 79`."""
    _, after = COVERED[rule]
    return check_byte(bytes([signal.value]) + after)


def encode_frame(payload: bytes, rule: LrcRule = LrcRule.FRAME) -> bytes:
    """Wrap a payload. It holds no ETX: nothing is escaped on this link."""
    if ETX in payload or STX in payload or len(payload) > MAX_PAYLOAD:
        raise ValueError("a payload holds neither STX nor ETX, and at most 2048 bytes")
    return bytes([STX]) + payload + bytes([ETX, frame_check(payload, rule)])


def encode_control(signal: Signal, rule: LrcRule = LrcRule.FRAME) -> bytes:
    """Return the three bytes of an ACK or a NAK."""
    return bytes([signal.value, ETX, control_check(signal, rule)])


def encode_progress(text: str) -> bytes:
    """Return a progress packet: 20 characters, cut or filled, without a check (ecr17.md 1.4)."""
    return bytes([SOH]) + text.encode("ascii", "replace")[:20].center(20) + bytes([EOT])


class FrameReader:
    """Turns bytes, in whatever pieces they come, into packets; its memory is bounded.

    `dropped` counts the bytes that belonged to no packet. `guard` sees every good payload before anybody else:
    it masks the card number (a reader's double, which reads requests, passes the payload through).
    """

    def __init__(self, rule: LrcRule = LrcRule.FRAME, *, guard: Callable[[bytes], bytes] = mask_card_number) -> None:
        self.dropped = 0
        self._rule = rule
        self._guard = guard
        self._held = bytearray()
        self._packets: list[Packet] = []
        self._signal = Signal.ACK
        self._step: Callable[[int], None] = self._between
        self._begin: dict[int, Callable[[int], None]] = {
            STX: self._in_payload,
            SOH: self._in_progress,
            ACK: self._after_signal,
            NAK: self._after_signal,
        }

    @property
    def inside_packet(self) -> bool:
        """Whether a packet has begun and not ended."""
        return self._step != self._between

    def feed(self, data: bytes) -> list[Packet]:
        """Take the next bytes of the stream; return the packets that they complete, in order."""
        for byte in data:
            self._step(byte)
        packets, self._packets = self._packets, []
        return packets

    def forget(self) -> None:
        """Drop a half-received packet: the line it came from is gone."""
        self._drop_held(0)

    def _between(self, byte: int) -> None:
        following = self._begin.get(byte)
        if following is None:
            self.dropped += 1
            return
        if byte in (ACK, NAK):
            self._signal = Signal(byte)
        self._step = following

    def _in_payload(self, byte: int) -> None:
        if byte == ETX:
            self._step = self._at_check
        elif byte == STX:  # never part of a text: the frame before was cut off
            self._restart(byte)
        elif len(self._held) == MAX_PAYLOAD:
            self._drop_held(2)
        else:
            self._held.append(byte)

    def _at_check(self, byte: int) -> None:
        """Read the byte after ETX, which is the check whatever its value."""
        payload = bytes(self._held)
        if byte == frame_check(payload, self._rule):
            self._end(Frame(self._guard(payload)))
        elif payload and payload[-1] in (ACK, NAK) and self._is_control(payload[-1], byte):
            # A frame was cut off, and a whole control packet followed.
            self.dropped += len(payload)
            self._end(Control(Signal(payload[-1])))
        else:
            self._end(BadFrame())
            self._reconsider(byte)

    def _is_control(self, signal: int, check: int) -> bool:
        return check == control_check(Signal(signal), self._rule)

    def _after_signal(self, byte: int) -> None:
        if byte == ETX:
            self._step = self._at_control_check
        else:
            self._restart(byte)

    def _at_control_check(self, byte: int) -> None:
        well_formed = self._is_control(self._signal.value, byte)
        self._end(Control(self._signal, well_formed=well_formed))
        if not well_formed:
            self._reconsider(byte)

    def _in_progress(self, byte: int) -> None:
        if byte == EOT:
            self._end(Progress(self._held.decode("ascii", "replace").strip()))
        elif byte in STARTERS or byte == ETX or len(self._held) == MAX_PROGRESS:
            self._restart(byte)
        else:
            self._held.append(byte)

    def _end(self, packet: Packet) -> None:
        self._held.clear()
        self._step = self._between
        self._packets.append(packet)

    def _restart(self, byte: int) -> None:
        """Give up the packet that had begun, and look at `byte` afresh."""
        self._drop_held(1)
        self._between(byte)

    def _drop_held(self, others: int) -> None:
        self.dropped += len(self._held) + others
        self._held.clear()
        self._step = self._between

    def _reconsider(self, byte: int) -> None:
        """A wrong check byte that can begin a packet may be the next packet's first byte: its own was lost."""
        if byte in STARTERS:
            self._between(byte)
