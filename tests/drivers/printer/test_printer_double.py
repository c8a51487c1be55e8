"""The double: a strict interpreter, a program, and a machine that can be told what goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.contracts import Document, PrintState, QrCode, Text
from drivers.printer.driver import EscPosPrinter
from drivers.printer.library import qr_code
from drivers.printer.options import EscPosOptions
from drivers.printer.simulator import FAULTS, Fault, Script, ScriptError, read_script
from drivers.printer.simulator.grammar import first_command
from drivers.printer.simulator.machine import Machine
from drivers.printer.simulator.paper import Piece
from drivers.printer.simulator.picture import draw


def printed(data: bytes, columns: int = 48) -> tuple[Piece, Machine]:
    machine = Machine(columns)
    machine.swallow(data)
    return machine.tape, machine


# --- the interpreter ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stray", ["1b 7a", "1d 56 07", "1c 41", "10 14 02", "00", "07", "1d 7e", "1b 74 63", "1d 28 5a 02 00 30 30", "7f"]
)
def test_a_command_that_no_reference_has_is_kept_as_unknown(stray: str) -> None:
    piece, machine = printed(bytes.fromhex(stray) + b"dopo\n")
    assert machine.unknown[0] == bytes.fromhex(stray)
    assert piece.text.endswith("dopo\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_in_their_order_and_none_is_invented(data: bytes) -> None:
    rest = data
    while (command := first_command(rest)) is not None:
        assert command.raw
        assert rest.startswith(command.raw)
        rest = rest[len(command.raw) :]


@given(st.binary(max_size=300), st.lists(st.integers(1, 7), min_size=1))
def test_the_paper_does_not_depend_on_how_the_bytes_came(data: bytes, sizes: list[int]) -> None:
    machine, rest = Machine(32), data
    while rest:
        size = sizes[len(rest) % len(sizes)]
        machine.swallow(rest[:size])
        rest = rest[size:]
    assert machine.tape.text == printed(data, 32)[0].text


def test_styles_and_sizes_are_read() -> None:
    piece, _ = printed(bytes.fromhex("1b 40 1b 74 13 1b 61 01 1b 45 01 1d 21 11") + b"\xd5 10\n")
    table = piece.as_table()
    marks = table["marks"]
    assert isinstance(marks, list)
    assert marks[0]["runs"] == [{"text": "€ 10", "bold": True, "underlined": False, "wide": 2, "high": 2}]
    assert marks[0]["left"] == (576 - 4 * 24) // 2


@pytest.mark.parametrize(
    ("command", "style"),
    [
        ("1b 21 38", {"bold": True, "wide": 2, "high": 2}),
        ("1b 21 80", {"underlined": True}),
        ("1b 2d 01", {"underlined": True}),
        ("1b 47 01", {"bold": True}),
        ("1d 21 70", {"wide": 8}),
    ],
)
def test_each_way_to_set_a_style_is_read(command: str, style: dict[str, object]) -> None:
    piece, machine = printed(bytes.fromhex(command) + b"x\n")
    plain = {"text": "x", "bold": False, "underlined": False, "wide": 1, "high": 1}
    marks = piece.as_table()["marks"]
    assert isinstance(marks, list)
    assert marks[0]["runs"] == [plain | style]
    assert machine.unknown == ()
    assert draw(piece).convert("L").histogram()[0] > 0


@pytest.mark.parametrize(
    ("command", "millimetres"),
    [("1b 64 02", 7.5), ("1b 4a 10", 1.0), ("1b 33 50 0a", 5.0), ("1b 33 50 1b 32 0a", 3.75), ("1d 56 41 00", 12.0)],
)
def test_paper_moves_as_far_as_it_is_told(command: str, millimetres: float) -> None:
    piece, machine = printed(bytes.fromhex(command))
    moved = piece.millimetres or machine.pieces[0].millimetres
    assert (moved, machine.unknown) == (millimetres, ())


def test_pictures_codes_and_feeds_stand_in_the_table() -> None:
    code = qr_code("x", way="native")
    marks = printed(bytes.fromhex("1d 76 30 00 01 00 02 00 ff 00 1b 64 01") + code)[0].as_table()["marks"]
    assert isinstance(marks, list)
    assert [mark["kind"] for mark in marks] == ["picture", "feed", "qr"]


def test_the_double_says_who_it_is() -> None:
    assert Machine(48).swallow(b"\x1dIC") == b"_DOUBLE PRINTER\x00"


def test_a_line_too_long_for_the_paper_goes_on_below() -> None:
    assert printed(b"x" * 50 + b"\n", 48)[0].text == "x" * 48 + "\nxx\n"


def test_accents_stand_on_the_picture_and_codes_are_black() -> None:
    accented, _ = printed(bytes.fromhex("1b 74 13") + "àèìòù€".encode("cp858") + b"\n")
    plain, _ = printed(b"aeiou \n")
    assert draw(accented).size == draw(plain).size == (576 + 48, 30 + 48)
    assert draw(accented).tobytes() != draw(plain).tobytes()


def test_bold_is_blacker_and_double_size_four_times_as_black() -> None:
    def black(style: str) -> int:
        picture = draw(printed(bytes.fromhex(style) + b"Totale 130,00\n")[0]).convert("L")
        return picture.histogram()[0]

    assert black("1b 45 01") > black("") * 1.1
    assert black("1d 21 11") == black("") * 4


# --- real-time answers -------------------------------------------------------------------------


def test_a_status_question_inside_a_picture_is_answered_too() -> None:
    machine = Machine(48)
    assert machine.swallow(bytes.fromhex("1d 76 30 00 04 00 01 00  ff 10 04 01")) == b"\x12"
    assert machine.unknown == ()


def test_the_measured_status_of_a_printer_out_of_paper() -> None:
    machine = Machine(48)
    machine.swallow(b"\x1da\x0e")
    machine.happen("paper_out")
    assert machine.step(0.0) == bytes.fromhex("18 00 0f 00")
    assert machine.swallow(bytes.fromhex("10 04 01 10 04 02 10 04 03 10 04 04")) == bytes.fromhex("1a 32 12 7e")


def test_initialising_switches_the_automatic_status_off() -> None:
    machine = Machine(48)
    machine.swallow(b"\x1da\x0e\x1b@")
    machine.happen("cover_open")
    assert machine.step(0.0) == b""


def test_clearing_needs_its_whole_key() -> None:
    machine = Machine(48)
    machine.happen("cover_open")
    machine.swallow(b"rest\n")
    assert machine.swallow(bytes.fromhex("10 14 08 01 03 14 01 06 02 09")) == b""
    assert machine.swallow(bytes.fromhex("10 14 08 01 03 14 01 06 02 08")) == b"7%\x00"
    machine.happen("cover_closed")
    machine.step(0.0)
    assert machine.tape.text == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_the_table_can_be_caused(fault: str) -> None:
    machine = Machine(48, Script(faults=(Fault(fault),)))
    machine.swallow(b"una riga\n")


# --- scripts -----------------------------------------------------------------------------------


def test_a_script_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[printer]\nmodel = "clone"\nnoise = "ff 00"\n[[fault]]\nname = "paper_out"\nat_mm = 80\n'
        '[[fault]]\nname = "new_roll"\nafter_seconds = 2.5\n'
    )
    faults = (Fault("paper_out", at_mm=80), Fault("new_roll", after_seconds=2.5))
    assert read_script(tmp_path / "s.toml") == Script(model="clone", noise=b"\xff\x00", faults=faults)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[printer", "s.toml"),
        ("[printr]", "printr is unknown"),
        ("[printer]\npaper = 3", r"printer\.paper is unknown"),
        ('[printer]\nmodel = "x"', "model 'x'"),
        ('[printer]\nhandshake = "x"', "handshake 'x'"),
        ('[[fault]]\nname = "x"', "fault 'x'"),
        ("[[fault]]\nat = 3", "at"),
    ],
)
def test_a_wrong_script_is_refused_in_one_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ScriptError, match=complaint):
        read_script(tmp_path / "s.toml")


# --- the program -------------------------------------------------------------------------------

PROGRAM = """
import sys
from pathlib import Path
from drivers.printer.simulator import serve
kind, where, out = sys.argv[1:]
link = {"link": Path(where)} if kind == "pty" else {"tcp": (where, 0)}
serve(out=Path(out), columns=32, **link)
"""


@contextmanager
def running(kind: str, where: str, out: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-c", PROGRAM, kind, where, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        words = program.stdout.readline().split()
        assert words[:2] == ["printer", "ready"]
        try:
            yield words[2], program
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(timeout=5)


@pytest.mark.parametrize("kind", ["pty", "tcp"])
def test_the_program_lays_each_receipt_down_as_picture_text_and_json(
    tmp_path: Path, receipt: Document, kind: str
) -> None:
    where = str(tmp_path / "printer") if kind == "pty" else "127.0.0.1"
    with running(kind, where, tmp_path / "out") as (port, _):
        printer = EscPosPrinter(EscPosOptions(port, columns=32))
        data = printer.render(receipt)
        assert [printer.print(data, timeout=5, tick=_nobody).state for _ in range(2)] == [PrintState.PRINTED] * 2
        printer.close()
        _wait_for(tmp_path / "out" / "002.json")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"00{number}.{kind}" for number in (1, 2) for kind in ("json", "png", "txt")
    ]
    assert (tmp_path / "out" / "001.txt").read_text().startswith("RICEVUTA\n")
    assert json.loads((tmp_path / "out" / "001.json").read_text())["unknown_commands"] == []
    with Image.open(tmp_path / "out" / "001.png") as picture:
        assert picture.width == 384 + 48


def test_the_program_ends_within_a_second_and_takes_its_link_with_it(tmp_path: Path) -> None:
    link = tmp_path / "printer"
    with running("pty", str(link), tmp_path / "out") as (port, program):
        assert port == str(link)
        assert link.is_symlink()
        asked = time.monotonic()
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=5) == 0
        assert time.monotonic() - asked < 1.0
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def _nobody() -> None:
    """Tick for nobody."""


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 5
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.01)


# --- python-escpos -----------------------------------------------------------------------------

HYGIENE = """
import logging, os, sys, tempfile
sys.stdout.write("")
from drivers.contracts import Cut, Document, QrCode, Text
from drivers.printer.driver import EscPosPrinter
from drivers.printer.options import EscPosOptions
printer = EscPosPrinter(EscPosOptions("x", qr=sys.argv[1]))
printer.render(Document("plain", (Text("ciao"), Cut())))
assert "escpos" not in sys.modules and "PIL" not in sys.modules, "a plain paper needs no library"
printer.render(Document("code", (QrCode("x"), Cut())))
assert not logging.getLogger().handlers, "the root logger got a handler"
assert not os.listdir(tempfile.gettempdir()), os.listdir(tempfile.gettempdir())
"""


@pytest.mark.parametrize("way", ["native", "raster"])
def test_the_library_is_loaded_for_codes_only_and_leaves_nothing_behind(tmp_path: Path, way: str) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment.pop("ESCPOS_CAPABILITIES_PICKLE_DIR", None)
    ended = subprocess.run(
        [sys.executable, "-c", HYGIENE, way], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


def test_a_raster_code_leaves_the_code_page_alone() -> None:
    assert b"\x1bt" not in qr_code("PAGOPA", way="raster")


def test_a_code_with_accents_is_still_a_code() -> None:
    printer = EscPosPrinter(EscPosOptions("x"))
    machine = Machine(48)
    machine.swallow(printer.render(Document("any", (QrCode("città"), Text("è")))))
    assert machine.tape.text == "[QR città]\nè\n"
