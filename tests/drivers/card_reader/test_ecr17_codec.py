"""The frame reader on good, cut, noisy and endless streams; card numbers never pass it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card_reader.ecr17.codec import (
    MAX_PAYLOAD,
    BadFrame,
    Control,
    Frame,
    FrameReader,
    LrcRule,
    Packet,
    Progress,
    Signal,
    control_check,
    encode_control,
    encode_frame,
    encode_progress,
)

RULES = st.sampled_from(LrcRule)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
PAYLOADS = TEXTS.map(lambda text: ("123456780K" + text).encode("ascii"))
WORDS = TEXTS.map(lambda text: text[:20].strip())


@st.composite
def packets(draw: st.DrawFn, rule: LrcRule) -> tuple[bytes, Packet]:
    match draw(st.integers(0, 2)):
        case 0:
            payload = draw(PAYLOADS)
            return encode_frame(payload, rule), Frame(payload)
        case 1:
            signal = draw(st.sampled_from(Signal))
            return encode_control(signal, rule), Control(signal)
        case _:
            text = draw(WORDS)
            return encode_progress(text), Progress(text)


@given(st.data(), RULES)
def test_the_packets_do_not_depend_on_how_the_stream_was_cut(data: st.DataObject, rule: LrcRule) -> None:
    wanted = data.draw(st.lists(packets(rule), max_size=6))
    stream = b"".join(sent for sent, _ in wanted)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = FrameReader(rule)
    got = [
        packet
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for packet in reader.feed(stream[start:end])
    ]
    assert got == [packet for _, packet in wanted]
    assert reader.dropped == 0
    assert not reader.inside_packet


@given(st.binary(max_size=400), st.data(), RULES)
def test_noise_neither_raises_nor_depends_on_the_cut(noise: bytes, data: st.DataObject, rule: LrcRule) -> None:
    cut = data.draw(st.integers(0, len(noise)))
    whole, parts = FrameReader(rule), FrameReader(rule)
    assert whole.feed(noise) == parts.feed(noise[:cut]) + parts.feed(noise[cut:])
    assert whole.dropped == parts.dropped


@given(st.binary(max_size=200), PAYLOADS)
def test_after_any_noise_a_repeated_frame_is_found(noise: bytes, payload: bytes) -> None:
    # Noise may end in what looks like "ETX, now the check": it costs at most the first copy.
    got = FrameReader().feed(noise + encode_frame(payload) * 3)
    assert Frame(payload) in got


@given(PAYLOADS, st.data())
def test_a_cut_frame_does_not_swallow_the_next_one(payload: bytes, data: st.DataObject) -> None:
    cut = encode_frame(payload)[: data.draw(st.integers(0, len(payload)))]
    reader = FrameReader()
    assert reader.feed(cut + encode_frame(payload)) == [Frame(payload)]
    assert reader.dropped == len(cut)


def test_a_lost_check_byte_does_not_swallow_the_next_frame() -> None:
    frame = encode_frame(b"000000070s")
    assert FrameReader().feed(frame[:-1] + frame) == [BadFrame(), Frame(b"000000070s")]


@pytest.mark.parametrize("signal", list(Signal))
def test_a_control_packet_after_a_cut_frame_is_still_heard(signal: Signal) -> None:
    reader = FrameReader()
    assert reader.feed(b"\x02000" + encode_control(signal)) == [Control(signal)]
    assert reader.dropped == 4


@given(PAYLOADS, RULES, st.integers(1, 127))
def test_a_wrong_check_is_a_bad_frame_and_never_read(payload: bytes, rule: LrcRule, flip: int) -> None:
    frame = bytearray(encode_frame(payload, rule))
    frame[-1] ^= flip
    assert FrameReader(rule).feed(bytes(frame))[0] == BadFrame()


@pytest.mark.parametrize("check", [0x79, 0x78, 0x7C, 0x00])
def test_a_control_packet_with_another_check_is_obeyed_and_reported(check: int) -> None:
    assert FrameReader().feed(bytes([0x06, 0x03, check])) == [Control(Signal.ACK, well_formed=False)]


def test_a_signal_without_its_end_is_noise() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x06\x30\x15\x06\x03\x7a") == [Control(Signal.ACK)]
    assert reader.dropped == 3


def test_a_lost_control_check_does_not_swallow_the_next_frame() -> None:
    frame = encode_frame(b"000000070s")
    assert FrameReader().feed(b"\x06\x03" + frame) == [Control(Signal.ACK, well_formed=False), Frame(b"000000070s")]


@pytest.mark.parametrize("follower", [b"\x06\x03\x7a", b"\x03"])
def test_a_cut_progress_text_gives_way(follower: bytes) -> None:
    reader = FrameReader()
    assert reader.feed(b"\x01Attesa" + follower) == [Control(Signal.ACK)] * (len(follower) // 3)
    assert reader.feed(b"\x01" + b"x" * 70 + b"\x04") == []
    assert not reader.inside_packet


def test_a_megabyte_of_frame_beginnings_costs_no_memory() -> None:
    reader = FrameReader()
    for _ in range(256):
        assert reader.feed(b"\x02" * 4096) == []
        assert sys.getsizeof(reader._held) < 100
    assert reader.feed(b"\x03\x00" + b"x" * 100_000) == [BadFrame()]
    assert reader.feed(b"\x02" + b"x" * MAX_PAYLOAD) == []
    assert sys.getsizeof(reader._held) < 2 * MAX_PAYLOAD
    assert reader.feed(b"\x02" + b"x" * (MAX_PAYLOAD + 1)) == []
    assert reader.feed(encode_frame(b"000000070s")) == [Frame(b"000000070s")]


def test_a_half_received_frame_is_forgotten_with_its_line() -> None:
    reader = FrameReader()
    reader.feed(b"\x0200000007")
    assert reader.inside_packet
    reader.forget()
    assert reader.feed(encode_control(Signal.ACK)) == [Control(Signal.ACK)]


@pytest.mark.parametrize("payload", [b"\x03", b"a\x02", bytes(MAX_PAYLOAD + 1)])
def test_a_payload_that_cannot_be_sent_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="a payload holds neither"):
        encode_frame(payload)


@pytest.mark.parametrize(("rule", "check"), [("frame", 0x7A), ("payload", 0x79), ("payload_etx", 0x7A)])
def test_the_acknowledgement_follows_the_rule(rule: str, check: int) -> None:
    assert control_check(Signal.ACK, LrcRule(rule)) == check
