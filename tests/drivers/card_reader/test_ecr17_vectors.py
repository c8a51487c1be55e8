"""Every worked frame of ecr17_vectors.json (captures and documents), decoded and encoded again."""

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.card_reader.ecr17.codec import (
    Control,
    Frame,
    FrameReader,
    LrcRule,
    Progress,
    Signal,
    encode_control,
    encode_frame,
    encode_progress,
    frame_check,
)
from drivers.card_reader.ecr17.layout import code_of, terminal_id_of
from drivers.card_reader.ecr17.masking import mask_card_number
from drivers.card_reader.ecr17.messages import card_result, status_reply
from drivers.card_reader.ecr17.receipt import Style, receipt_lines
from drivers.card_reader.ecr17.replies import decode_reply
from drivers.card_reader.ecr17.requests import REQUESTS

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "ecr17_vectors.json").read_text("utf-8"))["vectors"]
SCOPES = {
    "payload": LrcRule.PAYLOAD,
    "payload+ETX": LrcRule.PAYLOAD_ETX,
    "STX+payload": LrcRule.STX_PAYLOAD,
}
# The vectors' names where ours differ.
RENAMED = {
    "amount_cents": "amount",
    "host_amount_cents": "amount",
    "original_preauth_code": "preauth_code",
    "ecr_print": "print_on_ecr",
    "entry": "entry_mode",
    "auth_code": "authorisation_code",
    "host_datetime": "host_time",
    "description": "message",
    "pos_total_cents": "total",
    "pan": "card_number",
}
READ_OTHERWISE = {"terminal_id", "code", "approved", "dcc", "status", "software", "terminal_datetime", "contents"} | {
    "lines",
    "last",
    "bold_double",
    "length",
    "data",
}


def of_kind(kind: str, direction: str = "") -> list[Any]:
    chosen = [v for v in VECTORS if v["kind"] == kind and direction in v["direction"]]
    return [pytest.param(v, id=v["id"]) for v in chosen]


def unguarded(payload: bytes) -> bytes:
    return payload


@pytest.mark.parametrize("vector", of_kind("application"))
def test_a_frame_is_encoded_as_captured(vector: dict[str, Any]) -> None:
    payload = vector["payload"].encode("latin-1")
    assert encode_frame(payload).hex() == vector["hex"]
    assert frame_check(payload, LrcRule.FRAME) == int(vector["lrc"], 16)


@pytest.mark.parametrize("vector", of_kind("application"))
def test_the_other_check_rules_are_as_the_peers_compute_them(vector: dict[str, Any]) -> None:
    payload = vector["payload"].encode("latin-1")
    for scope, check in vector.get("lrc_other_scopes", {}).items():
        assert frame_check(payload, SCOPES[scope]) == int(check, 16)


@pytest.mark.parametrize("vector", of_kind("application"))
def test_a_frame_is_decoded_whole_and_byte_by_byte(vector: dict[str, Any]) -> None:
    data, payload = bytes.fromhex(vector["hex"]), vector["payload"].encode("latin-1")
    assert FrameReader(guard=unguarded).feed(data) == [Frame(payload)]
    reader = FrameReader(guard=unguarded)
    assert [packet for byte in data for packet in reader.feed(bytes([byte]))] == [Frame(payload)]


@pytest.mark.parametrize("vector", of_kind("application", "ecr->"))
def test_a_request_is_read_field_by_field_and_built_again(vector: dict[str, Any]) -> None:
    payload, expected = vector["payload"].encode("latin-1"), vector["fields"]
    layout = REQUESTS[expected["code"]]
    fields = layout.decode(payload)
    for name, value in expected.items():
        if name not in READ_OTHERWISE:
            assert fields[RENAMED.get(name, name)] == value
    assert layout.encode(expected["terminal_id"], fields) == payload


@pytest.mark.parametrize("vector", of_kind("application", "terminal->"))
def test_an_answer_is_read_field_by_field(vector: dict[str, Any]) -> None:
    payload, expected = vector["payload"].encode("latin-1"), vector["fields"]
    assert (code_of(payload), terminal_id_of(payload)) == (expected["code"], expected["terminal_id"])
    fields = decode_reply(payload)
    assert fields is not None
    for name, value in expected.items():
        if name not in READ_OTHERWISE and value != "(reserved zeros)":
            assert fields[RENAMED.get(name, name)] == value


@pytest.mark.parametrize("vector", of_kind("application", "terminal->"))
def test_a_verdict_is_approved_only_when_the_vector_says_so(vector: dict[str, Any]) -> None:
    result = card_result(mask_card_number(vector["payload"].encode("latin-1")))
    if "approved" in vector["fields"]:
        assert result is not None
        assert result.approved == vector["fields"]["approved"]
        assert result.refused != result.approved
        assert result.card_last4 == vector["fields"].get("pan", "")[-4:]


@pytest.mark.parametrize("vector", [p for p in of_kind("application") if "status" in p.values[0]["fields"]])
def test_a_status_is_a_digit_or_a_word(vector: dict[str, Any]) -> None:
    status = status_reply(vector["payload"].encode("latin-1"))
    expected = vector["fields"]
    assert status is not None
    assert status.state == expected["status"]
    assert status.release == expected.get("software", status.release)


@pytest.mark.parametrize("vector", [p for p in of_kind("application") if "dcc" in p.values[0]["fields"]])
def test_an_exchange_of_currency_is_read(vector: dict[str, Any]) -> None:
    result, expected = card_result(vector["payload"].encode("latin-1")), vector["fields"]["dcc"]
    assert result is not None
    assert result.exchange is not None
    assert (result.exchange.rate, result.exchange.currency) == (expected["rate"], expected["currency"])
    assert (result.exchange.amount, result.exchange.decimals) == (expected["amount_minor"], expected["precision"])


@pytest.mark.parametrize("vector", [p for p in of_kind("application") if "lines" in p.values[0]["fields"]])
def test_a_receipt_wraps_at_its_columns(vector: dict[str, Any]) -> None:
    lines = receipt_lines(vector["payload"][10:])
    assert [line.text.ljust(24) for line in lines] == [line.ljust(24) for line in vector["fields"]["lines"]]
    bold = [index for index, line in enumerate(lines) if line.style is Style.TALL_BOLD]
    assert bold == vector["fields"]["bold_double"]


def test_control_and_progress_packets_are_as_captured() -> None:
    assert encode_control(Signal.ACK).hex(" ") == "06 03 7a"
    assert encode_control(Signal.NAK).hex(" ") == "15 03 69"
    assert encode_control(Signal.ACK, LrcRule.PAYLOAD).hex(" ") == "06 03 79"
    assert encode_control(Signal.NAK, LrcRule.PAYLOAD).hex(" ") == "15 03 6a"
    (progress,) = [v for v in VECTORS if v["kind"] == "progress"]
    assert FrameReader().feed(bytes.fromhex(progress["hex"])) == [Progress(progress["fields"]["text"].strip())]
    assert len(encode_progress("Attesa carta")) == 22


@pytest.mark.parametrize("vector", of_kind("stream"))
def test_a_stream_keeps_every_packet_wherever_it_is_cut(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    whole = FrameReader().feed(data)
    assert whole[0] == Control(Signal.ACK)
    assert [type(packet) for packet in whole].count(Frame) == 1 + vector["fields"].get("duplicates", 0)
    for cut in range(len(data)):
        reader = FrameReader()
        assert reader.feed(data[:cut]) + reader.feed(data[cut:]) == whole
