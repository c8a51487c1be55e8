"""The fuzz target of the frame reader: any bytes, cut anywhere, under any rule; and what may come out of them.

`fuzz_one_input` takes raw bytes, so another fuzzer can drive it too: `from test_ecr17_fuzz import fuzz_one_input`.
POS_CAMPAIGN=full makes hypothesis look a hundred times longer.
"""

import os
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.card_reader.ecr17.codec import (
    MAX_PAYLOAD,
    MAX_PROGRESS,
    Frame,
    FrameReader,
    LrcRule,
    Packet,
    Signal,
    encode_control,
    encode_frame,
    encode_progress,
)
from drivers.card_reader.ecr17.judgement import judge_charge, transaction_of
from drivers.card_reader.ecr17.masking import luhn_holds
from drivers.card_reader.ecr17.messages import (
    card_result,
    closed_reply,
    receipt_part,
    status_reply,
    totals_reply,
)
from drivers.card_reader.ecr17.receipt import receipt_lines
from drivers.card_reader.ecr17.replies import decode_reply
from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.steps import Command, Ended, Limits
from drivers.contracts import ChargeVerdict

EXAMPLES = 20_000 if os.environ.get("POS_CAMPAIGN") == "full" else 200
KEY = b"fuzz"
RULES = list(LrcRule)
LONG_NUMBER = re.compile(r"[1-9][0-9]{12,18}")


def with_check_digit(body: str) -> str:
    """Return a number that satisfies Luhn, as every card's does."""
    return next(body + digit for digit in "0123456789" if luhn_holds(body + digit))


def fuzz_one_input(data: bytes) -> None:
    """Any bytes: the first chooses the rule, the second where the rest is cut."""
    rule = RULES[data[0] % len(RULES)] if data else LrcRule.FRAME
    stream = data[2:]
    cut = data[1] * len(stream) // 256 if len(data) > 1 else 0
    whole, parts = FrameReader(rule), FrameReader(rule)
    packets = whole.feed(stream)
    assert packets == parts.feed(stream[:cut]) + parts.feed(stream[cut:])
    assert whole.dropped == parts.dropped <= len(stream)
    assert len(whole._held) <= max(MAX_PAYLOAD, MAX_PROGRESS)
    for packet in packets:
        read_all_of(packet)
    answer_all_of(stream, rule)


def read_all_of(packet: Packet) -> None:
    """Read a packet as every message there is; nothing raises."""
    if not isinstance(packet, Frame):
        return
    for read in (card_result, status_reply, totals_reply, closed_reply, decode_reply, receipt_part):
        read(packet.payload)
    transaction_of(packet.payload, KEY)
    answer = judge_charge(packet.payload, 4210, KEY)
    if answer.verdict is ChargeVerdict.APPROVED:
        assert packet.payload[10:12] == b"00"
        assert len(packet.payload) >= 58
    receipt_lines(packet.payload.decode("latin-1"))


def answer_all_of(stream: bytes, rule: LrcRule) -> None:
    """A payment that hears these bytes neither raises nor sends its frame again, and it ends."""
    session = Session(rule)
    payload = b"000000000X"
    frame = encode_frame(payload, rule)
    steps = list(session.begin(Command(payload, Limits(), frozenset("EV"), money=True, receipt=True), 0.0))
    steps += session.receive(stream, 1.0)
    steps += session.expire(5.0)
    steps += session.expire(500.0)
    steps += session.abandon()
    sent = [step for step in steps if getattr(step, "data", None) == frame]
    assert len(sent) == 1 or encode_control(Signal.NAK, rule) in stream
    assert any(isinstance(step, Ended) for step in steps)


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([encode_control(signal, rule) for signal in Signal for rule in LrcRule]),
    st.text(max_size=30).map(encode_progress),
    st.tuples(
        st.sampled_from("sTCGEVeicvADKSUt?"),
        st.sampled_from(["00", "01", "05", "77", ""]),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=120),
        st.sampled_from(LrcRule),
    ).map(lambda parts: encode_frame(f"123456780{parts[0]}{parts[1]}{parts[2]}".encode(), parts[3])),
)
STREAMS = st.tuples(st.binary(min_size=2, max_size=2), st.lists(PIECES, max_size=8)).map(
    lambda parts: parts[0] + b"".join(parts[1])
)


@settings(max_examples=EXAMPLES)
@given(STREAMS)
@example(b"\x00\x80" + b"\x02" * 5000 + b"\x03\x00")
@example(b"\x00\x80" + b"\x01" + b"x" * 5000)
@example(bytes(range(256)) * 4)
def test_no_input_crashes_or_hangs_the_reader_or_sends_a_payment_again(data: bytes) -> None:
    fuzz_one_input(data)


# --- what a decoded object holds ---

CARD_NUMBERS = (
    st.integers(2 * 10**12, 7 * 10**17 - 1).map(str).filter(lambda body: body[0] in "23456").map(with_check_digit)
)
PLACES = st.sampled_from(["card", "reason", "receipt"])


def payload_with_card(place: str, code: str, number: str) -> bytes:
    """A reader's message that shows a card number whole, where a reader may put one."""
    match place:
        case "card":
            return f"123456780{code}00{number:0>19}CLIA1B2C32111520288105000005000042000099000".encode()
        case "reason":
            return f"123456780E01NO {number:<21.21}00000000000288105000005000043000100".encode()
        case _:
            return f"123456780SCARTA {number}".encode() + b"}" * 6 + b"\x1b"


@settings(max_examples=EXAMPLES)
@given(PLACES, st.sampled_from("EVeicvA"), CARD_NUMBERS)
def test_no_decoded_object_holds_a_card_number(place: str, code: str, number: str) -> None:
    (packet,) = FrameReader().feed(encode_frame(payload_with_card(place, code, number)))
    assert isinstance(packet, Frame)
    assert number.encode() not in packet.payload
    result = card_result(packet.payload)
    shown = repr((packet, result, decode_reply(packet.payload), receipt_lines(receipt_part(packet.payload) or "")))
    assert number not in shown
    assert number[:-4] not in shown
    assert not LONG_NUMBER.search(repr(result))
