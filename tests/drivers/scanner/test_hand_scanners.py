import os
import pty
import time
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts import NoticeScanner, ScannedCode, Symbology
from drivers.errors import DeviceAbsent, DeviceUnanswered
from drivers.scanner.hand import HandScanner, KeyboardOptions, SerialOptions, keyboard_scanner, serial_scanner
from drivers.scanner.lines import LONGEST, LineReader, code_of

NOTICE = "PAGOPA|002|301000000000012373|77777777777|12550"


def no_tick() -> None:
    pass


# --- lines -------------------------------------------------------------------------------------

bodies = st.binary(min_size=1, max_size=60).map(lambda data: data.replace(b"\r", b"r").replace(b"\n", b"n"))


@given(st.lists(bodies), st.sampled_from([b"\r", b"\n", b"\r\n"]), st.data())
def test_the_lines_do_not_depend_on_how_the_stream_was_cut(
    wanted: list[bytes], ending: bytes, draw: st.DataObject
) -> None:
    stream = b"".join(line + ending for line in wanted)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = LineReader()
    read = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for line in reader.feed(stream[start:end])
    ]
    assert read == wanted
    assert not reader.is_waiting


@given(st.integers(1, 3 * LONGEST), st.integers(100, 9999))
def test_a_line_that_never_ends_is_no_code_and_costs_no_memory(length: int, piece: int) -> None:
    reader = LineReader()
    stream = b"x" * (LONGEST + length) + b"\nPAGOPA\n"
    lines = [line for start in range(0, len(stream), piece) for line in reader.feed(stream[start : start + piece])]
    assert lines == [b"PAGOPA"]


def test_a_pause_ends_a_line_where_the_scanner_sends_no_ending() -> None:
    reader = LineReader()
    assert reader.feed(b"PAGOPA|002") == []
    assert (reader.is_waiting, reader.flush(), reader.flush()) == (True, [b"PAGOPA|002"], [])


@pytest.mark.parametrize(
    ("line", "text", "symbology"),
    [
        (b"PAGOPA|002", "PAGOPA|002", Symbology.TYPED),
        (b"]Q1PAGOPA|002", "PAGOPA|002", Symbology.QR_CODE),
        (b"]d2codfase=NBPA;" + b"1" * 100, "codfase=NBPA;" + "1" * 64, Symbology.DATA_MATRIX),
        (b"codfase=NBPA;" + b"1" * 243, "codfase=NBPA;" + "1" * 64, Symbology.TYPED),
        (b"]E0801234567890", "801234567890", Symbology.OTHER),
    ],
)
def test_the_scanners_prefix_names_the_kind_and_the_debtor_is_cut_off(
    line: bytes, text: str, symbology: Symbology
) -> None:
    assert code_of(line) == ScannedCode(text, symbology)


# --- a scanner on a pseudo-terminal ------------------------------------------------------------


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The scanner's end, and the port's name."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def serial_at(port: str) -> HandScanner:
    return serial_scanner(SerialOptions(port=port))


def texts(scanner: NoticeScanner, timeout: float = 2) -> list[str]:
    return [code.text for code in scanner.scan(timeout=timeout, tick=no_tick)]


def test_codes_come_one_after_another_and_one_that_is_sent_over_and_over_counts_once(line: tuple[int, str]) -> None:
    scanner_end, port = line
    with closing(serial_at(port)) as scanner:
        assert texts(scanner, timeout=0) == []
        os.write(scanner_end, f"{NOTICE}\r\n{NOTICE}\r\nsecond\r\n{NOTICE}\r\n".encode())
        assert [texts(scanner), texts(scanner), texts(scanner, timeout=0.05)] == [[NOTICE], ["second"], []]


def test_a_code_without_an_ending_is_ended_by_the_pause(line: tuple[int, str]) -> None:
    scanner_end, port = line
    with closing(serial_at(port)) as scanner:
        assert texts(scanner, timeout=0) == []
        os.write(scanner_end, NOTICE.encode())
        assert texts(scanner) == [NOTICE]


def test_a_scanner_that_is_not_there_is_told_at_once_and_then_without_haste(tmp_path: Path) -> None:
    scanner = serial_at(str(tmp_path / "scanner"))
    for least in (0.0, 0.3):
        start = time.monotonic()
        with pytest.raises(DeviceAbsent, match=r"^Lettore di codici: Porta .* non trovata.*digitare i numeri"):
            scanner.scan(timeout=0.3, tick=no_tick)
        assert time.monotonic() - start >= least


def test_a_scanner_plugged_in_again_reads_at_the_next_call(tmp_path: Path, line: tuple[int, str]) -> None:
    scanner_end, port = line
    link = tmp_path / "scanner"
    with closing(serial_at(str(link))) as scanner:
        with pytest.raises(DeviceAbsent):
            scanner.scan(timeout=0.1, tick=no_tick)
        link.symlink_to(port)
        assert texts(scanner, timeout=0) == []
        os.write(scanner_end, NOTICE.encode() + b"\n")
        assert texts(scanner) == [NOTICE]


def test_a_scanner_unplugged_while_waiting_is_told() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with closing(serial_at(os.ttyname(theirs))) as scanner:
        assert texts(scanner, timeout=0) == []
        os.close(theirs)
        os.close(ours)
        with pytest.raises(DeviceUnanswered, match="controllare"):
            scanner.scan(timeout=1, tick=no_tick)


def test_a_scanner_that_types_is_read_line_by_line_however_slowly(tmp_path: Path) -> None:
    pipe = tmp_path / "keys"
    os.mkfifo(pipe)
    with closing(keyboard_scanner(KeyboardOptions(device=str(pipe)))) as scanner:
        assert texts(scanner, timeout=0) == []
        with pipe.open("wb", buffering=0) as keys:
            keys.write(NOTICE[:10].encode())
            assert texts(scanner, timeout=0.3) == []
            keys.write(NOTICE[10:].encode() + b"\n")
            assert texts(scanner) == [NOTICE]


def test_the_notice_being_paid_is_ignored(line: tuple[int, str]) -> None:
    scanner_end, port = line
    scanner = serial_scanner(SerialOptions(port=port), ignored=lambda code: code.text == NOTICE)
    with closing(scanner):
        assert texts(scanner, timeout=0) == []
        os.write(scanner_end, f"{NOTICE}\r\n".encode())
        assert texts(scanner, timeout=0.2) == []


def test_a_typing_scanner_that_is_not_there_is_told(tmp_path: Path) -> None:
    scanner = keyboard_scanner(KeyboardOptions(str(tmp_path / "none")))
    with pytest.raises(DeviceAbsent, match=r"^Il lettore \S+none non si può leggere: controllare il cavo; intanto"):
        scanner.scan(timeout=0.1, tick=lambda: None)
