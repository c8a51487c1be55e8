"""`pos-terminal reader …` against a double that remembers what it was asked: never a money command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from drivers.card_reader.ecr17.codec import Frame, FrameReader, Signal, encode_control, encode_frame
from drivers.card_reader.ecr17.messages import request
from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.link import LineSettings, open_link
from pos_app.cli import main
from pos_app.clock import BootClock
from pos_app.journal.journal import Journal
from pos_app.testing.command import profile_text
from pos_app.testing.reader import Mood
from pos_app.testing.world import World

ASKING = frozenset("sGTER")
Run = Callable[..., Result]


@pytest.fixture
def double(tmp_path: Path) -> Iterator[CardReaderDouble]:
    with CardReaderDouble(SimulatedTerminal(Script(Traits(pace=0.0))), PtyEndpoint(tmp_path / "reader")) as running:
        yield running


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "bench.toml"
    path.write_text(
        profile_text(str(tmp_path / "reader"), acknowledgement_seconds=0.3, receipt_seconds=0.1, nak_pause_seconds=0.05)
    )
    return path


@pytest.fixture
def run(state_dir: Path, profile: Path) -> Run:
    def command(*arguments: str) -> Result:
        environ = {"POS_TERMINAL__TERMINAL__STATE_DIR": str(state_dir)}
        return CliRunner(env=environ).invoke(main, ["reader", *arguments, "--profile", str(profile)])

    return command


def told(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def pay(double: CardReaderDouble, amount: int) -> None:
    """A payment of another till's."""
    link, reader = open_link(LineSettings(double.port), timeout=1), FrameReader()
    for code, values in (("E", {"print_on_ecr": "1"}), ("X", {"amount": amount})):
        link.write(encode_frame(request(code, "0", **values)), timeout=1)
        while heard := link.read(timeout=0.1):
            for packet in reader.feed(heard):
                if isinstance(packet, Frame):
                    link.write(encode_control(Signal.ACK), timeout=1)
    link.close()
    double.terminal.seen.clear()


def test_no_command_by_hand_ever_moves_money(double: CardReaderDouble, run: Run) -> None:
    pay(double, 4210)
    for command in ("status", "last", "totals", "reprint"):
        assert run(command).exit_code == 0
    assert set(double.terminal.seen) <= ASKING
    assert run("close").exit_code == 0
    assert set(double.terminal.seen) <= ASKING | {"C"}
    assert double.terminal.memory.money_taken == 4210


def test_a_status_names_the_reader(double: CardReaderDouble, run: Run) -> None:
    assert run("status").stdout == "Lettore operativo.  12345678  DOUBLE1.0\n"
    found = told(run("status", "--json"))
    assert (found["ready"], found["terminal_id"], found["simulated"]) == (True, "12345678", True)


def test_the_last_result_is_told_without_anything_secret(double: CardReaderDouble, run: Run) -> None:
    assert told(run("last", "--json")) is None
    pay(double, 4210)
    found = told(run("last", "--json"))
    assert (found["approved"], found["amount"], found["card_last4"], found["stan"]) == (True, 4210, "4321", "000001")
    assert "fingerprint" not in found
    assert "EUR 42,10" in run("last").stdout


def test_totals_and_the_receipt_are_told(double: CardReaderDouble, run: Run) -> None:
    pay(double, 4210)
    assert told(run("totals", "--json")) == {"total": 4210}
    assert "EUR 42,10" in run("reprint").stdout
    assert any("EUR 42,10" in line for line in told(run("reprint", "--json"))["lines"])


def test_closing_tells_both_totals_and_empties_them(double: CardReaderDouble, run: Run) -> None:
    pay(double, 4210)
    assert run("close").stdout == "Closed: reader EUR 42,10, host EUR 42,10.\n"
    assert told(run("totals", "--json")) == {"total": 0}


def test_a_session_is_not_closed_while_a_charge_is_undecided(
    double: CardReaderDouble, run: Run, state_dir: Path
) -> None:
    _charge_without_an_answer(state_dir)
    done = run("close")
    assert done.exit_code == 4
    assert "pos-terminal recover" in done.output
    assert double.terminal.seen == []


def _charge_without_an_answer(state_dir: Path) -> None:
    """What a terminal writes whose reader took the money and was never heard of again."""
    world = World()
    world.reader.moods.append(Mood.LOST_CHARGED)
    world.reader.forgets = True
    world.pay()
    with Journal.open(state_dir / "journal", BootClock()) as journal:
        for record in world.journal.records:
            journal.append(record.payment_id, record.event)


def test_another_port_than_the_profile_s_can_be_named(double: CardReaderDouble, run: Run, profile: Path) -> None:
    profile.write_text(profile_text("/dev/none"))
    assert run("status").exit_code == 3
    assert "non trovata" in run("status").output
    assert run("status", "--port", double.port).exit_code == 0


def test_a_reader_that_is_not_ready_is_exit_1(tmp_path: Path, run: Run) -> None:
    script = Script(Traits(state="3"))
    with CardReaderDouble(SimulatedTerminal(script), PtyEndpoint(tmp_path / "reader")):
        done = run("status")
    assert done.exit_code == 1
    assert "DLL" in done.stdout


def test_a_reader_that_offers_nothing_says_so(tmp_path: Path, run: Run) -> None:
    script = Script(questions=(Question("G", "nak"), Question("T", "nak"), Question("C", "nak")))
    with CardReaderDouble(SimulatedTerminal(script), PtyEndpoint(tmp_path / "reader")):
        assert "tells none" in run("last").stdout
        assert told(run("totals", "--json")) == {"total": None}
        assert run("close").exit_code == 3


def test_a_waiting_result_is_left_to_the_terminal(tmp_path: Path, run: Run) -> None:
    script = Script(Traits(unacknowledged=1250))
    with CardReaderDouble(SimulatedTerminal(script), PtyEndpoint(tmp_path / "reader")) as running:
        done = run("status")
        assert done.exit_code == 4
        assert "pos-terminal recover" in done.output
        assert running.terminal._outbox.waits_for_acknowledgement


def test_a_running_terminal_keeps_its_reader(double: CardReaderDouble, run: Run, state_dir: Path) -> None:
    with Journal.open(state_dir / "journal", BootClock()):
        assert run("status").exit_code == 8
    assert double.terminal.seen == []


def test_the_simulator_s_own_reader_can_be_asked(state_dir: Path) -> None:
    environ = {"POS_TERMINAL__TERMINAL__STATE_DIR": str(state_dir)}
    done = CliRunner(env=environ).invoke(main, ["reader", "status", "--profile", "simulator"])
    assert done.exit_code == 0, done.output
