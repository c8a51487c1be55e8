"""Of a card number, four digits at most leave the codec."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card_reader.ecr17.codec import Frame, FrameReader, encode_frame
from drivers.card_reader.ecr17.masking import luhn_holds, mask_card_number, mask_in_text

CANARY = "4929000000006"


def with_check_digit(body: str) -> str:
    return next(body + digit for digit in "0123456789" if luhn_holds(body + digit))


CARD_NUMBERS = st.from_regex(r"[2-6][0-9]{11,17}", fullmatch=True).map(with_check_digit)


@given(st.sampled_from("EVeicvA"), st.sampled_from(["00", "05", "77"]), CARD_NUMBERS)
def test_a_result_shows_the_last_four_digits_alone(code: str, result: str, number: str) -> None:
    payload = f"123456780{code}{result}{number:0>19}ICC000000".encode("ascii")
    (frame,) = FrameReader().feed(encode_frame(payload))
    assert isinstance(frame, Frame)
    shown = frame.payload[12:31].decode("ascii")
    assert shown.endswith(number[-4:])
    assert shown[:-4].strip("0*") == ""
    assert "0" not in shown[:-4].lstrip("0")
    assert len(frame.payload) == len(payload)
    assert number not in repr(frame)


@pytest.mark.parametrize(
    ("delivered", "masked"),
    [
        ("000************1017", "000************1017"),
        ("000438746******9993", "000************9993"),
        ("679999*********3224", "***************3224"),
        ("0000000000000000000", "0000000000000000000"),
        ("0000000000000004321", "0000000000000004321"),
    ],
)
def test_the_masks_seen_on_real_readers_become_one(delivered: str, masked: str) -> None:
    assert mask_card_number(f"123456780E00{delivered}CLI".encode()) == f"123456780E00{masked}CLI".encode()


def test_a_refusal_keeps_its_words_and_hides_a_number_among_them() -> None:
    words = b"123456780E01TRANSAZIONE RIFIUTATA   00000000000288105000005000043000100"
    assert mask_card_number(words) == words
    assert b"4929000000006789" not in mask_card_number(b"123456780E01NO 4929000000006789 ....00000000000")


@given(CARD_NUMBERS)
def test_a_receipt_hides_what_can_be_a_card_number(number: str) -> None:
    spaced = " ".join(number[index : index + 4] for index in range(0, len(number), 4))
    for shown in (number, spaced):
        masked = mask_in_text(f"CARTA {shown} OK")
        assert shown not in masked
        assert masked.replace(" ", "").endswith(number[-4:] + "OK")
    assert number.encode() not in mask_card_number(b"123456780S" + b"PAN " + number.encode() + b"}")


@pytest.mark.parametrize("text", ["AID A0000000031010", "TML 88105000005", "302000100000009424 avviso", "OP. 000042"])
def test_other_numbers_on_a_receipt_stay(text: str) -> None:
    assert mask_in_text(text) == text


@pytest.mark.parametrize("payload", [b"", b"123456780", b"123456780s00000000001022515302V1.2.3", b"123456780T00"])
def test_other_messages_pass_unchanged(payload: bytes) -> None:
    assert mask_card_number(payload) == payload
