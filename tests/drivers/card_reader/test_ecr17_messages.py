"""Reading answers tolerantly: what is there is read, what is not there is never invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card_reader.ecr17.layout import Field, Kind, Layout
from drivers.card_reader.ecr17.messages import (
    card_result,
    closed_reply,
    receipt_part,
    request,
    status_reply,
    totals_reply,
)
from drivers.card_reader.ecr17.receipt import receipt_lines
from drivers.card_reader.ecr17.replies import REFUSALS, REPLIES, decode_reply
from drivers.card_reader.ecr17.requests import REQUESTS

EXTENDED = b"000000070E000000000000000004321CLIA1B2C3211152028810500000500004200009900000004210" + b"0000000000"


@given(st.sampled_from([code.encode() for code in REPLIES]), st.binary(max_size=150))
def test_no_answer_ever_raises(code: bytes, rest: bytes) -> None:
    payload = b"000000070" + code + rest
    decode_reply(payload)
    card_result(payload)
    status_reply(payload)
    totals_reply(payload)
    receipt_lines(receipt_part(payload) or "")


@given(st.sampled_from(sorted(REQUESTS)), st.integers(0, 99_999_999))
def test_a_request_has_its_length_and_reads_back(code: str, number: int) -> None:
    layout = REQUESTS[code]
    names = [field.name for field in layout.fields if field.kind is Kind.NUMBER and field.length == 8]
    payload = layout.encode("7", dict.fromkeys(names, number))
    assert len(payload) == layout.length
    assert all(layout.decode(payload)[name] == number for name in names)


@pytest.mark.parametrize("layout", [*REPLIES.values(), *REFUSALS.values()], ids=lambda layout: layout.code)
def test_an_answer_written_by_its_layout_reads_back(layout: Layout) -> None:
    result = {"result": "01" if layout in REFUSALS.values() else "00"}
    payload = layout.encode("7", result if layout.fields[0].name == "result" else {})
    fields = decode_reply(payload)
    assert fields is not None
    assert layout.encode("7", fields) == payload


@pytest.mark.parametrize("length", [71, 74, 84, 92])
def test_a_result_of_any_known_length_is_read_as_far_as_it_goes(length: int) -> None:
    result = card_result(EXTENDED[:length])
    assert result is not None
    assert result.approved
    assert (result.stan, result.action_code) == ("000042", "000" if length > 71 else "")
    assert result.amount == (4210 if length >= 82 else None)


@pytest.mark.parametrize("length", range(10, 71))
def test_a_result_that_is_cut_off_is_never_approved(length: int) -> None:
    result = card_result(EXTENDED[:length])
    assert result is not None
    assert not result.approved
    assert not result.refused


def test_a_result_without_a_transaction_number_is_not_approved() -> None:
    result = card_result(EXTENDED.replace(b"000042", b"000000"))
    assert result is not None
    assert not result.approved


def test_a_reversal_tells_no_amount_and_a_whole_zero_is_one() -> None:
    reversal = card_result(EXTENDED[:74] + b"0000000000")
    zero = card_result(EXTENDED[:74] + b"000000000000000000")
    assert reversal is not None
    assert zero is not None
    assert (reversal.amount, zero.amount) == (None, 0)


@pytest.mark.parametrize("code", ["05", "09"])
def test_refusals_without_a_documented_layout_are_read_by_their_code(code: str) -> None:
    result = card_result(b"000000070E" + code.encode())
    assert result is not None
    assert result.refused


def test_a_refund_has_no_transaction_number_to_miss() -> None:
    result = card_result(b"000000070A000000000000000004321CLIA1B2C5881050000052111540")
    assert result is not None
    assert result.approved


def test_a_card_number_that_is_all_hidden_has_no_last_digits() -> None:
    result = card_result(EXTENDED.replace(b"0000000000000004321", b"*" * 19))
    assert result is not None
    assert result.card_last4 == ""


@pytest.mark.parametrize(
    ("told", "state", "release"),
    [
        ("2V1.2.3", "2", "V1.2.3"),
        ("OPERATIVE01.00.14_B2827_2827", "OPERATIVE", "01.00.14_B2827_2827"),
        ("2DOUBLE1.0", "2", "DOUBLE1.0"),
        ("OPERATIVEDOUBLE1.0", "OPERATIVE", "DOUBLE1.0"),
        ("NOT READY 1.0", "NOT READY", "1.0"),
    ],
)
def test_a_state_is_a_digit_or_a_word(told: str, state: str, release: str) -> None:
    status = status_reply(b"000000070s00000000002111261015" + told.encode())
    assert status is not None
    assert (status.state, status.release, status.reader_time) == (state, release, "2111261015")


def test_a_status_without_a_state_is_none() -> None:
    assert status_reply(b"000000070s0000000000") is None
    assert status_reply(b"000000070s00000000002111261015*") is None
    assert status_reply(EXTENDED) is None


def test_other_messages_are_not_mistaken() -> None:
    assert card_result(b"000000070T00") is None
    assert totals_reply(EXTENDED) is None
    assert receipt_part(EXTENDED) is None
    assert decode_reply(b"000000070J") is None


def test_a_refused_total_has_no_amount() -> None:
    reply = totals_reply(b"000000070T01")
    assert reply is not None
    assert (reply.result, reply.total) == ("01", None)


@pytest.mark.parametrize(
    "values",
    [{"amount": 100_000_000}, {"amount": -1}, {"text": "x" * 129}, {"nonsense": 1}, {"cash_register_id": "123456789"}],
)
def test_a_value_that_does_not_fit_is_refused(values: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r"does not fit|no place|no field"):
        request("P", "7", **values)


def test_a_session_that_did_not_close_says_why() -> None:
    reply = closed_reply(b"123456780C01HOST NON RAGGIUNTO 9120000000000")
    assert reply is not None
    assert (reply.closed, reply.message, reply.reader_total) == (False, "HOST NON RAGGIUNTO", None)
    assert closed_reply(EXTENDED) is None


def test_a_text_stands_at_the_right_of_its_field() -> None:
    assert request("X", "7", amount=4210, text="REF0001")[31:159] == b"REF0001".rjust(128)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ("}" + "A" * 24 + "}" + "B" * 24 + "}" * 6 + "\x1b", ["A" * 24, "B" * 24]),
        ("A" * 24 + "B" * 24 + "}}\x1b", ["A" * 24, "B" * 24]),
        ("}A}}B\x1b", ["A", "", "B"]),
        ("\x7bWIDE WIDE WIDE", ["WIDE WIDE WI", "DE"]),
        ("\x5e" + "x" * 50, ["x" * 42, "x" * 8]),
        ("GRAZIE}}}}}}\x1bnothing after", ["GRAZIE"]),
        ("", []),
    ],
)
def test_a_receipt_of_either_style_becomes_lines(pieces: str, lines: list[str]) -> None:
    assert [line.text for line in receipt_lines(pieces)] == lines


def test_a_card_number_cut_between_two_pieces_of_receipt_is_masked() -> None:
    assert receipt_lines("PAN 49290000" + "00006 OK")[0].text == "PAN *********0006 OK"


def test_a_layout_can_be_cut_short() -> None:
    layout = Layout("E", 20, (Field("result", 11, 2),))
    assert layout.encode("7", {"result": "00"}, length=12) == b"000000070E00"
