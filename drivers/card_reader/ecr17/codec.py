"""Packets of the till-to-reader link (ecr17.md 1): STX payload ETX LRC, control and progress. Performs no I/O."""

import enum
import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.card_reader.ecr17.masking import mask_card_number

SOH, STX, ETX, EOT, ACK, NAK = 0x01, 0x02, 0x03, 0x04, 0x06, 0x15
LRC_SEED = 0x7F  # the check starts from 7F, not from zero
MAX_PAYLOAD = 2048  # the longest documented payload (K) has 1050 bytes
MAX_PROGRESS = 64  # 20 by the document; a little slack costs nothing, for it is only shown
STARTERS = frozenset({SOH, STX, ACK, NAK})
# What ends a run of bytes that are all alike to the reader: between packets, in a payload, in a progress text.
STARTER = re.compile(b"[\x01\x02\x06\x15]")
NO_STX = re.compile(b"[^\x02]")
PAYLOAD_END = re.compile(b"[\x02\x03]")
PROGRESS_END = re.compile(b"[\x01-\x04\x06\x15]")


class LrcRule(enum.StrEnum):
    """Which bytes the check covers (ecr17.md 1.2). Every real reader seen uses `frame`."""

    FRAME = "frame"
    PAYLOAD = "payload"
    PAYLOAD_ETX = "payload_etx"
    STX_PAYLOAD = "stx_payload"


# What enters the check beside the payload: the byte before it and the one after; 0 changes nothing.
COVERED = {
    LrcRule.FRAME: (STX, ETX),
    LrcRule.PAYLOAD: (0, 0),
    LrcRule.PAYLOAD_ETX: (0, ETX),
    LrcRule.STX_PAYLOAD: (STX, 0),
}


class Signal(enum.Enum):
    """What a control packet says."""

    ACK = ACK
    NAK = NAK


SIGNALS = {signal.value: signal for signal in Signal}


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


def check_byte(covered: bytes, start: int = LRC_SEED) -> int:
    """Return the LRC of the bytes it covers."""
    return functools.reduce(operator.xor, covered, start)


def frame_check(payload: bytes, rule: LrcRule) -> int:
    """Return the LRC of an application packet under `rule`."""
    before, after = COVERED[rule]
    return check_byte(payload, LRC_SEED ^ before ^ after)


@functools.cache
def control_check(signal: Signal, rule: LrcRule) -> int:
    """Return the LRC of a control packet under `rule`: `06 03 7A` where ETX is covered, else `06 03 79`."""
    _, after = COVERED[rule]
    return check_byte(bytes([signal.value, after]))


def encode_frame(payload: bytes, rule: LrcRule = LrcRule.FRAME) -> bytes:
    """Wrap a payload. It holds no ETX: nothing is escaped on this link."""
    if ETX in payload or STX in payload or len(payload) > MAX_PAYLOAD:
        raise ValueError("a payload holds neither STX nor ETX, and at most 2048 bytes")
    return bytes([STX]) + payload + bytes([ETX, frame_check(payload, rule)])


@functools.cache
def encode_control(signal: Signal, rule: LrcRule = LrcRule.FRAME) -> bytes:
    """Return the three bytes of an ACK or a NAK."""
    return bytes([signal.value, ETX, control_check(signal, rule)])


def encode_progress(text: str) -> bytes:
    """Return a progress packet: 20 characters, cut or filled, without a check (ecr17.md 1.4)."""
    return bytes([SOH]) + text.encode("ascii", "replace")[:20].center(20) + bytes([EOT])


Step = Callable[[bytes, int], int]


class FrameReader:
    """Turns bytes, in whatever pieces they come, into packets; its memory is bounded.

    A step takes the bytes and where it is in them, and returns where the next step begins.

    `dropped` counts the bytes that belonged to no packet. `guard` sees every good payload before anybody else:
    it masks the card number (a reader's double, which reads requests, passes the payload through).
    """

    def __init__(self, rule: LrcRule = LrcRule.FRAME, *, guard: Callable[[bytes], bytes] = mask_card_number) -> None:
        self.dropped = 0
        self._rule = rule
        self._guard = guard
        self._held = bytearray()
        self._packets: list[Packet] = []
        self._signal = ACK
        self._checks = {byte: control_check(signal, rule) for byte, signal in SIGNALS.items()}
        self._step: Step = self._between
        self._begin: dict[int, Step] = {
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
        place = 0
        while place < len(data):
            place = self._step(data, place)
        packets, self._packets = self._packets, []
        return packets

    def forget(self) -> None:
        """Drop a half-received packet: the line it came from is gone."""
        self._drop_held(0)

    def _between(self, data: bytes, place: int) -> int:
        start = place
        if data[place] not in STARTERS:
            start = _next(STARTER, data, place)
            self.dropped += start - place
            if start == len(data):
                return start
        self._start(data[start])
        return start + 1

    def _start(self, byte: int) -> None:
        if byte in SIGNALS:
            self._signal = byte
        self._step = self._begin[byte]

    def _in_payload(self, data: bytes, place: int) -> int:
        end = self._hold(data, place, PAYLOAD_END, MAX_PAYLOAD)
        if self._step != self._in_payload or end == len(data):
            return end
        if data[end] == STX:
            return self._begin_anew(data, end)
        self._step = self._at_check
        return end + 1

    def _begin_anew(self, data: bytes, place: int) -> int:
        """An STX is never part of a text: the frame before was cut off, and of many in a row the last one begins."""
        begun = _next(NO_STX, data, place)
        self.dropped += len(self._held) + begun - place
        self._held.clear()
        return begun

    def _hold(self, data: bytes, place: int, ending: re.Pattern[bytes], most: int) -> int:
        """Keep the bytes up to one that ends the run; what is longer than `most` is no packet and is dropped."""
        end, room = _next(ending, data, place), most - len(self._held)
        self._held += data[place : min(end, place + room)]
        if end - place <= room:
            return end
        self._drop_held(2)
        return place + room + 1

    def _at_check(self, data: bytes, place: int) -> int:
        """Read the byte after ETX, which is the check whatever its value."""
        payload, byte = bytes(self._held), data[place]
        if byte == frame_check(payload, self._rule):
            self._end(Frame(self._guard(payload)))
        elif payload and payload[-1] in (ACK, NAK) and self._is_control(payload[-1], byte):
            # A frame was cut off, and a whole control packet followed.
            self.dropped += len(payload)
            self._end(Control(SIGNALS[payload[-1]]))
        else:
            self._end(BadFrame())
            return self._after_wrong_check(byte, place)
        return place + 1

    def _is_control(self, signal: int, check: int) -> bool:
        return check == self._checks[signal]

    def _after_signal(self, data: bytes, place: int) -> int:
        if data[place] == ETX:
            self._step = self._at_control_check
            return place + 1
        self._drop_held(1)
        return place

    def _at_control_check(self, data: bytes, place: int) -> int:
        well_formed = self._is_control(self._signal, data[place])
        self._end(Control(SIGNALS[self._signal], well_formed=well_formed))
        return place + 1 if well_formed else self._after_wrong_check(data[place], place)

    def _in_progress(self, data: bytes, place: int) -> int:
        end = self._hold(data, place, PROGRESS_END, MAX_PROGRESS)
        if self._step != self._in_progress or end == len(data):
            return end
        if data[end] == EOT:
            self._end(Progress(self._held.decode("ascii", "replace").strip()))
            return end + 1
        self._drop_held(1)
        return end

    def _end(self, packet: Packet) -> None:
        self._held.clear()
        self._step = self._between
        self._packets.append(packet)

    def _drop_held(self, others: int) -> None:
        self.dropped += len(self._held) + others
        self._held.clear()
        self._step = self._between

    def _after_wrong_check(self, byte: int, place: int) -> int:
        """A wrong check byte that can begin a packet may be the next packet's first byte: its own was lost."""
        return place if byte in STARTERS else place + 1


def _next(wanted: re.Pattern[bytes], data: bytes, place: int) -> int:
    """Return where the next wanted byte stands, the end where there is none."""
    found = wanted.search(data, place)
    return found.start() if found else len(data)
