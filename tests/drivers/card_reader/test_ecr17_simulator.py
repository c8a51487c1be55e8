"""The double itself: its script, its memory, its lines, and the program that it is."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.card_reader.ecr17.codec import LrcRule, Signal, encode_control, encode_frame
from drivers.card_reader.ecr17.messages import request
from drivers.card_reader.ecr17.simulator.answers import ANSWERS
from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint, TcpEndpoint
from drivers.card_reader.ecr17.simulator.line import Disturbance
from drivers.card_reader.ecr17.simulator.memory import Charge, Memory
from drivers.card_reader.ecr17.simulator.outbox import LineEvent
from drivers.card_reader.ecr17.simulator.program import DoubleOptions
from drivers.card_reader.ecr17.simulator.remote import Rfc2217Endpoint
from drivers.card_reader.ecr17.simulator.script import Script, Traits, scripted
from drivers.card_reader.ecr17.simulator.script_file import load_script, parse_script
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.link import LineSettings, Link, open_link

from .conftest import Factory

ACK, NAK = encode_control(Signal.ACK), encode_control(Signal.NAK)
STATUS = encode_frame(request("s", "0"))


def talk(terminal: SimulatedTerminal, *data: bytes, now: float = 0.0, until: float = 1.0) -> bytes:
    for piece in data:
        terminal.receive(piece, now)
    return b"".join(output for output in terminal.emit(now + until) if isinstance(output, bytes))


# --- the brain ---


def test_a_status_is_acknowledged_and_answered_as_a_double() -> None:
    heard = talk(SimulatedTerminal(), STATUS, until=0.5)
    assert heard[:3] == ACK
    assert heard[4:-2] == b"123456780s000000000021112610152DOUBLE1.0"


@pytest.mark.parametrize("data", [STATUS[:-1] + b"\x00", encode_frame(b"999999990s"), encode_frame(b"000000000s0")])
def test_a_wrong_check_another_id_or_another_length_is_refused(data: bytes) -> None:
    assert talk(SimulatedTerminal(), data) == NAK


def test_it_answers_under_any_check_rule() -> None:
    for rule in LrcRule:
        terminal = SimulatedTerminal(rule=rule)
        assert talk(terminal, encode_frame(request("s", "0"), rule))[:3] == encode_control(Signal.ACK, rule)


def test_a_result_that_nobody_acknowledges_is_sent_three_times_and_then_the_line_closes() -> None:
    terminal = SimulatedTerminal(scripted("approve", repeat_after=1.0))
    terminal.receive(encode_frame(request("X", "0", amount=100)), 0.0)
    out = terminal.emit(10.0)
    result = [data for data in out if isinstance(data, bytes) and data[:1] == b"\x02"]
    assert len(result) == 3
    assert len(set(result)) == 1
    assert out[-1] is LineEvent.CLOSED
    assert terminal.due is None


def test_it_is_busy_until_its_result_is_acknowledged() -> None:
    terminal = SimulatedTerminal()
    talk(terminal, encode_frame(request("X", "0", amount=100)), until=0.5)
    assert talk(terminal, STATUS, now=0.6, until=0.1) == NAK
    talk(terminal, ACK, now=0.7, until=0.1)
    assert talk(terminal, STATUS, now=0.8, until=0.1)[:3] == ACK


def test_nobody_presents_a_card_for_127_seconds() -> None:
    terminal = SimulatedTerminal(scripted("card_timeout"))
    terminal.receive(encode_frame(request("X", "0", amount=100)), 0.0)
    assert b"CARD_SEARCH_TIMEOUT" not in b"".join(o for o in terminal.emit(126.9) if isinstance(o, bytes))
    assert b"CARD_SEARCH_TIMEOUT" in b"".join(o for o in terminal.emit(127.5) if isinstance(o, bytes))
    assert terminal.memory.ledger == []


def test_closing_the_session_empties_the_totals() -> None:
    terminal = SimulatedTerminal(memory=Memory(total=4210))
    heard = talk(terminal, encode_frame(request("C", "0")), until=0.5)
    assert b"C0000000000000042100000000000004210" in heard
    assert terminal.memory.total == 0


def test_signals_of_the_till_out_of_place_change_nothing() -> None:
    assert talk(SimulatedTerminal(), ACK, NAK, b"\x01hello\x04") == b""


def test_a_reprint_on_the_reader_sends_nothing() -> None:
    assert talk(SimulatedTerminal(), encode_frame(request("R", "0", to_ecr=False))) == ACK


def test_a_half_request_is_forgotten_with_its_line() -> None:
    terminal = SimulatedTerminal()
    terminal.receive(STATUS[:5], 0.0)
    terminal.line_lost()
    assert talk(terminal, STATUS)[:3] == ACK


# --- memory ---


def test_the_memory_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = SimulatedTerminal(scripted("approve", "decline"), memory=Memory.load(path))
    talk(first, encode_frame(request("X", "0", amount=4210, text="REF")))
    again = Memory.load(path)
    assert again.ledger == [Charge(4210, "000001", "REF")]
    assert (again.total, again.stan, again.payments, again.money_taken) == (4210, 1, 1, 4210)
    assert again.last_result == first.memory.last_result
    second = SimulatedTerminal(scripted("approve", "decline"), memory=again)
    assert b"TRANSAZIONE RIFIUTATA" in talk(second, encode_frame(request("X", "0", amount=1)))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ledger": [{"a": 1}]}', '{"ledger": [], "colour": 1}'])
def test_a_file_of_another_kind_is_no_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a card reader double's state"):
        Memory.load(path)


# --- script ---


def test_a_script_says_what_comes_in_which_order(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text("""
        [terminal]
        terminal_id = "00000042"
        progress = ["Attesa carta"]
        pace = 0

        [[payment]]
        answer = "decline"
        text = "CARTA SCADUTA"

        [[payment]]
        times = 2

        [[payment]]
        host_amount = 1

        [[reversal]]
        answer = "silence"

        [[question]]
        code = "G"
        answer = "mute"
        times = 1
    """)
    script = load_script(path)
    assert script.terminal == Traits(terminal_id="00000042", progress=("Attesa carta",), pace=0)
    assert [answer.text for answer in script.payments] == ["CARTA SCADUTA", "", "", ""]
    assert script.payments[3].host_amount == 1
    assert script.reversals == (ANSWERS["silence"],)
    assert script.questions[0].times == 1


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"colour": {}}, "the script knows no colour"),
        ({"terminal": {"idd": "1"}}, r"\[terminal\] knows no idd"),
        ({"terminal": {"pace": "fast"}}, r"\[terminal\]: pace cannot be 'fast'"),
        ({"terminal": {"receipt": "long"}}, "receipt is one of separated, filled, columns, none"),
        ({"payment": [{}, {"answer": "explode"}]}, r"\[\[payment\]\] number 2: no answer is called 'explode'"),
        ({"payment": [{"host_amount": "1"}]}, "host_amount cannot be '1'"),
        ({"question": [{"code": "G"}]}, "answer"),
        ({"question": [{"code": "P", "answer": "nak"}]}, "code is one of C D E G K R T s t, not 'P'"),
        ({"terminal": {"framing": "fast"}}, "a framing is such as 9600 7E1"),
        ({"payment": [{"noise": "zz"}]}, r"\[\[payment\]\] number 1: non-hexadecimal"),
        ({"payment": [{"disturbances": [{"at": 1, "kind": "burn"}]}]}, "kind is one of cut, flip, lose, add"),
        ({"disturbance": [{"at": -1, "kind": "cut"}]}, "stands at byte 0 or later"),
        ({"seed": "seven"}, "seed cannot be 'seven'"),
    ],
)
def test_a_wrong_script_is_one_clear_sentence(tables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_script(tables)


def test_a_script_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('{"payment": [{"answer": "nak_once", "disturbances": [{"at": 3, "kind": "flip", "value": 4}]}]}')
    (answer,) = load_script(path).payments
    assert (answer.naks, answer.disturbances) == (1, (Disturbance(3, "flip", 4),))
    for text in ("[]", "{"):
        path.write_text(text)
        with pytest.raises(ValueError, match=str(path)):
            load_script(path)


def test_a_seed_draws_what_the_script_leaves_open() -> None:
    drawn = parse_script({"seed": 7, "payment": [{"answer": "decline"}], "terminal": {"terminal_id": "00000042"}})
    assert drawn == parse_script(
        {"seed": 7, "payment": [{"answer": "decline"}], "terminal": {"terminal_id": "00000042"}}
    )
    assert drawn.payments[0] == ANSWERS["decline"]
    assert len(drawn.payments) == 1001
    assert drawn.terminal.terminal_id == "00000042"
    assert drawn.payments[1:] != parse_script({"seed": 8}).payments


def test_a_script_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    for text in ("[", None):
        path = tmp_path / f"script-{text is None}.toml"
        if text is not None:
            path.write_text(text)
        with pytest.raises(ValueError, match=str(path)):
            load_script(path)


# --- lines ---


def until_answered(link: Link, wanted: bytes) -> bytes:
    heard = b""
    while wanted not in heard:
        data = link.read(timeout=5)
        assert data, "no answer in five seconds"
        heard += data
    return heard


def test_a_pseudo_terminal_keeps_its_name_and_cleans_up(tmp_path: Path) -> None:
    name = tmp_path / "reader"
    with CardReaderDouble(SimulatedTerminal(), PtyEndpoint(name)) as double:
        assert double.port == str(name)
        assert name.is_symlink()
        link = open_link(LineSettings(double.port), timeout=1)
        link.write(STATUS, timeout=1)
        until_answered(link, b"DOUBLE1.0")
        link.close()
    assert not name.is_symlink()


def test_a_name_that_is_taken_by_a_file_is_refused(tmp_path: Path) -> None:
    name = tmp_path / "reader"
    name.write_text("mine")
    with pytest.raises(FileExistsError, match="choose another name"):
        PtyEndpoint(name).open()
    assert name.read_text() == "mine"


def test_a_second_till_on_tcp_is_turned_away_and_the_next_one_served() -> None:
    with CardReaderDouble(SimulatedTerminal(), TcpEndpoint("127.0.0.1", 0)) as double:
        first = open_link(LineSettings(double.port), timeout=1)
        first.write(STATUS, timeout=1)
        until_answered(first, ACK)
        host, port = double.port.removeprefix("socket://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as second:
            assert second.recv(1) == b""
        first.write(ACK, timeout=1)
        first.close()
        again = open_link(LineSettings(double.port), timeout=1)
        again.write(STATUS, timeout=1)
        until_answered(again, b"DOUBLE1.0")
        again.close()


def test_what_a_till_does_not_take_is_lost_as_on_a_cable(over_pty: Factory, tmp_path: Path) -> None:
    endpoint = PtyEndpoint(tmp_path / "other")
    endpoint.open()
    for _ in range(100):
        endpoint.write(bytes(4096))
    endpoint.close()
    endpoint.close()
    assert not endpoint.end(LineEvent.CLOSED)
    assert over_pty().reader.status(timeout=5, tick=lambda: None).ready


# --- the program ---


def test_the_demonstrated_client_gets_the_answers_of_the_document(tmp_path: Path) -> None:
    """Other people's clients: requests built by hand, over the pseudo-terminal that the command makes."""
    name = tmp_path / "reader0"
    command = [sys.executable, "-m", "pos_app", "simulate", "card-reader", "--pty", str(name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == f"card-reader ready {name}\n"
        link = open_link(LineSettings(str(name)), timeout=1)
        link.write(b"\x02000000000E1\x03\x3a", timeout=1)
        assert until_answered(link, ACK) == ACK
        payload = b"000000000X" + b"0" * 13 + b"00000650" + b"CONTRATTO".rjust(128) + b"00000000"
        assert len(payload) == 167
        link.write(encode_frame(payload), timeout=1)
        heard = until_answered(link, b"0E00")
        assert heard.startswith(ACK + b"\x01")
        link.write(ACK, timeout=1)
        assert b"0S}" in until_answered(link, b"BANCA DI PROVA")
        link.close()
        program.terminate()
        assert program.wait(5) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "either --pty LINK or --tcp HOST:PORT"),
        ({"pty": Path("a"), "tcp": "b:1"}, "either --pty LINK or --tcp HOST:PORT"),
        ({"tcp": "localhost"}, "either --pty LINK or --tcp HOST:PORT"),
    ],
)
def test_exactly_one_line_is_given(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        DoubleOptions(**options).endpoint()


def test_options_make_the_reader(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[payment]]\nanswer = "decline"\n')
    options = DoubleOptions(
        tcp="127.0.0.1:0", script=script, lrc="payload", terminal_id="00000042", state=tmp_path / "state.json"
    )
    assert isinstance(options.endpoint(), TcpEndpoint)
    assert isinstance(DoubleOptions(tcp="rfc2217://127.0.0.1:0").endpoint(), Rfc2217Endpoint)
    heard = talk(options.terminal(), encode_frame(request("s", "42"), LrcRule.PAYLOAD))
    assert b"000000420s" in heard
    with pytest.raises(ValueError, match="8 digits"):
        DoubleOptions(terminal_id="42").terminal()
    with pytest.raises(ValueError, match="one of frame, payload, payload_etx, stx_payload, not 'crc'"):
        DoubleOptions(lrc="crc").terminal()


def test_the_program_says_when_it_is_ready_and_ends_within_a_second(tmp_path: Path) -> None:
    name = tmp_path / "reader"
    code = (
        "import sys; from pathlib import Path;"
        "from drivers.card_reader.ecr17.simulator.program import DoubleOptions, serve;"
        "serve(DoubleOptions(pty=Path(sys.argv[1]), state=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, str(name), str(tmp_path / "state.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == f"card-reader ready {name}\n"
        link = open_link(LineSettings(str(name)), timeout=1)
        link.write(encode_frame(request("X", "0", amount=4210)), timeout=1)
        until_answered(link, b"E00")
        link.close()
        asked = time.monotonic()
        os.kill(program.pid, signal.SIGTERM)
        assert program.wait(5) == 0
        assert time.monotonic() - asked < 1
    assert Memory.load(tmp_path / "state.json").money_taken == 4210
    assert not name.is_symlink()


def test_the_scripts_defaults_take_every_payment() -> None:
    assert Script().payments == ()
    assert b"E00" in talk(SimulatedTerminal(), encode_frame(request("P", "0", amount=1)))
