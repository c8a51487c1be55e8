"""A job may be stopped behind a line or a whole command, never inside one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.library import qr_code
from drivers.printer.pieces import whole_pieces

LINE = "città 130,00\n".encode("cp858")


@given(st.binary(max_size=600), st.integers(1, 300))
def test_nothing_is_lost_or_added(data: bytes, size: int) -> None:
    assert b"".join(whole_pieces(data, size)) == data


@given(st.integers(1, 300))
def test_a_piece_of_text_ends_behind_a_line(size: int) -> None:
    pieces = list(whole_pieces(LINE * 30, size))
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert all(len(piece) < size + len(LINE) for piece in pieces)


@pytest.mark.parametrize("way", ["native", "raster"])
def test_a_code_stands_in_one_piece_whatever_bytes_it_has(way: str) -> None:
    code = qr_code("PAGOPA|002|301000000001234519|77777777777|12850", way=way)
    pieces = list(whole_pieces(LINE * 3 + code + b"\n" + LINE * 3, 1))
    assert [piece for piece in pieces if code in piece] == [code + b"\n"]


@pytest.mark.parametrize("command", ["1d 76 30 00 02 00 03 00" + 6 * " 0a", "1d 28 6b 06 00 31 50 30" + 3 * " 0a"])
def test_a_byte_that_looks_like_the_end_of_a_line_does_not_break_a_command(command: str) -> None:
    whole = bytes.fromhex(command)
    assert list(whole_pieces(LINE + whole + LINE, 1)) == [LINE, whole + LINE]


@pytest.mark.parametrize("cut_short", ["1d", "1d 76 30", "1d 76 30 00 ff 00", "1d 28 6b", "1d 76 30 00 ff 00 ff 00"])
def test_a_command_that_ends_with_the_job_is_no_trouble(cut_short: str) -> None:
    data = LINE + bytes.fromhex(cut_short)
    assert b"".join(whole_pieces(data, 4)) == data
