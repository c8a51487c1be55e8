"""Finding a reader by status requests alone: its port, its speed, its check rule; and what it offers."""

from pathlib import Path

import pytest

from drivers.card_reader.ecr17.bringup import Finder, Search, candidate_ports, offered_baseline
from drivers.card_reader.ecr17.codec import LrcRule
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint, TcpEndpoint
from drivers.card_reader.ecr17.simulator.remote import Rfc2217Endpoint
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.card_reader.ecr17.simulator.wired import VirtualClock, WiredTerminal

from .conftest import Factory


def nothing() -> None:
    pass


def search_in_memory(terminal: SimulatedTerminal, options: Ecr17Options) -> Search:
    clock = VirtualClock()
    cable = WiredTerminal(terminal, clock)
    finder = Finder(options, connect=lambda _line: cable.connect(), monotonic=clock.monotonic)
    return finder.search([options.port], tick=nothing)


@pytest.mark.parametrize("rule", list(LrcRule))
def test_the_check_rule_is_found_at_the_first_speed(rule: LrcRule) -> None:
    terminal = SimulatedTerminal(rule=rule)
    search = search_in_memory(terminal, Ecr17Options("port"))
    assert search.found is not None
    assert search.found.options.rule is rule
    assert search.found.status.terminal_id == "12345678"
    assert {attempt.baudrate for attempt in search.attempts} == {9600}
    assert set(terminal.seen) == {"s"}


def test_the_speed_and_the_rule_are_found_on_a_serial_line(tmp_path: Path) -> None:
    name = tmp_path / "reader"
    terminal = SimulatedTerminal(Script(Traits(framing="115200 8N1")), rule=LrcRule.PAYLOAD)
    with CardReaderDouble(terminal, PtyEndpoint(name, baudrate=115200)):
        search = Finder(Ecr17Options(str(name))).search([str(tmp_path / "none"), str(name)], tick=nothing)
    assert search.found is not None
    assert (search.found.options.baudrate, search.found.options.lrc) == (115200, "payload")
    assert search.found.options.port == str(name)
    assert "non trovata" in search.attempts[0].outcome
    assert [attempt.outcome for attempt in search.attempts[1:]] == ["silent", "refused", "answered"]
    assert terminal.seen == ["s"]


def test_a_network_reader_has_no_speed(tmp_path: Path) -> None:
    terminal = SimulatedTerminal(rule=LrcRule.STX_PAYLOAD)
    with CardReaderDouble(terminal, TcpEndpoint("127.0.0.1", 0)) as double:
        search = Finder(Ecr17Options(double.port)).search([double.port], tick=nothing)
    assert search.found is not None
    assert search.found.options.lrc == "stx_payload"


def test_a_mute_port_is_given_up_after_every_speed_and_rule() -> None:
    terminal = SimulatedTerminal(Script(questions=(Question("s", "mute"),)))
    search = search_in_memory(terminal, Ecr17Options("port", baudrate=2400, lrc="payload"))
    assert search.found is None
    assert (search.attempts[0].baudrate, search.attempts[0].lrc) == (2400, "payload")
    assert len({(attempt.baudrate, attempt.lrc) for attempt in search.attempts}) == len(search.attempts) == 32


def test_a_reader_that_drops_what_it_cannot_check_is_found_all_the_same() -> None:
    class Silent(SimulatedTerminal):
        """Says nothing to a wrong check, as some do."""

        def emit(self, now: float) -> list:  # type: ignore[type-arg]
            return [output for output in super().emit(now) if output != bytes.fromhex("15 03 6a")]

    search = search_in_memory(Silent(rule=LrcRule.PAYLOAD), Ecr17Options("port"))
    assert search.found is not None
    assert search.found.options.lrc == "payload"
    assert search.attempts[0].outcome == "silent"


def test_a_waiting_result_is_left_where_it_is() -> None:
    terminal = SimulatedTerminal(Script(Traits(unacknowledged=1250)))
    search = search_in_memory(terminal, Ecr17Options("port"))
    assert search.found is None
    assert "pagamento precedente" in search.attempts[0].outcome
    assert terminal._outbox.waits_for_acknowledgement


def test_a_line_that_talks_without_end_is_no_reader(tmp_path: Path) -> None:
    class Chatter:
        def read(self, *, timeout: float) -> bytes:
            return bytes(1024)

        def write(self, data: bytes, *, timeout: float) -> None:
            pass

        def close(self) -> None:
            pass

    finder = Finder(Ecr17Options("port"), connect=lambda _line: Chatter(), monotonic=VirtualClock().monotonic)
    assert {attempt.outcome for attempt in finder.search(["port"], tick=nothing).attempts} == {"garbled"}


@pytest.mark.filterwarnings("ignore:set.* is deprecated:DeprecationWarning")  # pyserial 3.5's own threads
def test_framing_and_modem_lines_reach_a_remote_reader() -> None:
    endpoint = Rfc2217Endpoint("127.0.0.1", 0, framing="9600 7E1")
    with CardReaderDouble(SimulatedTerminal(), endpoint) as double:
        seven = Ecr17Options(double.port, bytesize=7, parity="E", dtr=True, rts=False)
        found = Finder(seven).search([double.port], tick=nothing).found
        assert found is not None
        assert (endpoint.line.framing, endpoint.line.dtr, endpoint.line.rts) == ("9600 7E1", True, False)


@pytest.mark.parametrize(
    ("refused", "paid", "offered"),
    [("", True, "g+t"), ("T", True, "g"), ("G", True, "none"), ("", False, "none")],
)
def test_what_a_reader_offers_as_a_baseline(in_memory: Factory, refused: str, paid: bool, offered: str) -> None:  # noqa: FBT001
    bench = in_memory(Script(questions=tuple(Question(code, "nak") for code in refused)), baseline="none")
    if paid:
        bench.pay(100)
    assert offered_baseline(bench.reader, timeout=60, tick=nothing) == offered


def test_ports_are_named_once() -> None:
    ports = candidate_ports()
    assert len(set(ports)) == len(ports)
