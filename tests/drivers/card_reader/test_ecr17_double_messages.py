"""Every message of ecr17.md, sent to the double as another client would send it, and the answer the document gives."""

import pytest

from drivers.card_reader.ecr17.codec import Control, Frame, FrameReader, Packet, Progress, Signal, encode_control
from drivers.card_reader.ecr17.codec import encode_frame as framed
from drivers.card_reader.ecr17.layout import Value, code_of
from drivers.card_reader.ecr17.messages import card_result, closed_reply, request, totals_reply
from drivers.card_reader.ecr17.replies import decode_reply
from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.memory import Charge
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal

ACK, NAK = Control(Signal.ACK), Control(Signal.NAK)


class Client:
    """A till that acknowledges whatever comes; time passes as it wants."""

    def __init__(self, terminal: SimulatedTerminal) -> None:
        self.terminal = terminal
        self.now = 0.0
        self._reader = FrameReader(guard=lambda payload: payload)

    def send(self, payload: bytes, *, seconds: float = 1.0) -> list[Packet]:
        self.terminal.receive(framed(payload), self.now)
        heard: list[Packet] = []
        until = self.now + seconds
        while self.now < until:
            self.now += 0.01
            for output in self.terminal.emit(self.now):
                assert isinstance(output, bytes)
                packets = self._reader.feed(output)
                heard += packets
                for packet in packets:
                    if isinstance(packet, Frame):
                        self.terminal.receive(encode_control(Signal.ACK), self.now)
        return heard

    def ask(self, code: str, **values: Value) -> list[bytes]:
        """Send a request that is to be acknowledged; return the payloads of its answer, without the receipt's."""
        first, *rest = self.send(request(code, "0", **values))
        assert first == ACK
        return [packet.payload for packet in rest if isinstance(packet, Frame) and code_of(packet.payload) != "S"]


@pytest.fixture
def client() -> Client:
    return Client(SimulatedTerminal(Script(Traits(terminal_id="10002912"))))


def test_a_status_of_13_bytes_built_by_hand_gets_the_answer_of_the_document(client: Client) -> None:
    data = bytes.fromhex("02 30 30 30 30 30 30 30 30 30 73 03 3D")
    client.terminal.receive(data, 0.0)
    heard = b"".join(out for out in client.terminal.emit(1.0) if isinstance(out, bytes))
    assert heard.startswith(bytes.fromhex("06 03 7A 02") + b"100029120s0000000000")


def test_a_print_switch_of_11_bytes_built_by_hand_is_acknowledged(client: Client) -> None:
    client.terminal.receive(b"\x02000000000E1\x03\x3a", 0.0)
    assert client.terminal.emit(1.0) == [bytes.fromhex("06 03 7A")]


def test_a_payment_of_167_bytes_built_by_hand_is_paid(client: Client) -> None:
    payload = b"000000000P" + b"87654321" + b"0" + b"00" + b"0" + b"0" + b"00000650" + b" " * 128 + b"00000000"
    assert len(payload) == 167
    heard = client.send(payload)
    assert heard[0] == ACK
    assert [packet.text for packet in heard if isinstance(packet, Progress)] == ["Attesa carta", "Elaborazione"]
    (result,) = [packet.payload for packet in heard if isinstance(packet, Frame)]
    assert result == b"100029120E00000************4321CLIA000013251015288105000005000001000001"
    assert client.terminal.memory.ledger == [Charge(650, "000001", "")]


@pytest.mark.parametrize("payload", [b"000000000J", b"000000000?", b"000000000J0000000000", b"000000000P", b""])
def test_a_forbidden_unknown_or_cut_message_is_refused(client: Client, payload: bytes) -> None:
    assert client.send(payload) == [NAK]
    assert client.terminal.seen == []


def test_an_extended_status_ends_in_its_digit(client: Client) -> None:
    (reply,) = client.ask("t")
    assert (len(reply), reply[-1:]) == (225, b"2")
    assert decode_reply(reply) == {"state": "2"}


def test_a_word_has_no_room_in_the_extended_status() -> None:
    (reply,) = Client(SimulatedTerminal(Script(Traits(state="OPERATIVE")))).ask("t")
    assert reply.endswith(b"02")


@pytest.mark.parametrize(("length", "traits"), [(71, Traits()), (74, Traits(payment_length=74))])
def test_a_payment_s_result_is_71_or_74_bytes(length: int, traits: Traits) -> None:
    (reply,) = Client(SimulatedTerminal(Script(traits))).ask("P", amount=650)
    result = card_result(reply)
    assert result is not None
    assert (len(reply), result.approved, result.amount) == (length, True, None)


@pytest.mark.parametrize(
    ("mask", "shown"),
    [("none", "0004929123412341232"), ("last_four", "000************1232"), ("first_six", "000492912******1232")],
)
def test_a_card_is_shown_under_the_mask_that_the_reader_is_set_to(mask: str, shown: str) -> None:
    traits = Traits(card="4929123412341232", mask=mask)  # type: ignore[arg-type]
    (reply,) = Client(SimulatedTerminal(Script(traits))).ask("X", amount=1)
    assert reply[12:31].decode() == shown


def test_a_pre_authorisation_is_held_raised_and_taken(client: Client) -> None:
    (held,) = client.ask("p", amount=4210)
    result = card_result(held)
    assert result is not None
    assert (len(held), result.code, result.amount) == (106, "e", 4210)
    assert client.terminal.memory.money_taken == 0
    (raised,) = client.ask("i", amount=100, preauth_code=result.preauth_code)
    assert (len(raised), code_of(raised), raised[10:12]) == (75, "i", b"00")
    assert client.terminal.memory.held == {result.preauth_code: 4310}
    (taken,) = client.ask("c", amount=4300, preauth_code=result.preauth_code)
    assert (len(taken), code_of(taken), taken[10:12]) == (74, "c", b"00")
    assert client.terminal.memory.money_taken == 4300
    assert client.terminal.memory.held == {}
    (last,) = client.ask("G")
    assert last == taken


@pytest.mark.parametrize(("code", "length"), [("i", 75), ("c", 74)])
def test_a_pre_authorisation_that_nobody_made_is_refused(client: Client, code: str, length: int) -> None:
    (reply,) = client.ask(code, amount=1, preauth_code="000000009")
    assert (len(reply), code_of(reply), reply[10:12]) == (length, code, b"01")
    assert client.terminal.memory.ledger == []


def test_a_pre_authorisation_can_be_declined() -> None:
    client = Client(SimulatedTerminal(Script(payments=(ANSWERS["decline"],))))
    (reply,) = client.ask("p", amount=1)
    result = card_result(reply)
    assert result is not None
    assert (result.refused, result.message) == (True, "TRANSAZIONE RIFIUTATA")
    assert client.terminal.memory.held == {}


def test_a_closure_can_be_made_in_another_currency() -> None:
    client = Client(SimulatedTerminal(Script(payments=(Answer(), Answer(exchange=True)))))
    client.ask("p", amount=100)
    (reply,) = client.ask("c", amount=100, preauth_code="000000001")
    result = card_result(reply)
    assert result is not None
    assert result.exchange is not None
    assert (len(reply), result.exchange.currency) == (109, "USD")


def test_a_refund_gives_money_back(client: Client) -> None:
    client.ask("X", amount=4210)
    (reply,) = client.ask("A", amount=4210)
    assert (len(reply), code_of(reply)) == (58, "A")
    assert client.terminal.memory.money_taken == 0
    assert totals_reply(client.ask("T")[0]) is not None
    assert client.terminal.memory.total == 0


def test_a_card_is_verified_without_money_and_leaves_the_last_result(client: Client) -> None:
    client.ask("X", amount=4210)
    before = client.terminal.memory.last_result
    (reply,) = client.ask("H")
    assert (len(reply), reply[10:12]) == (71, b"00")
    assert client.terminal.memory.last_result == before
    assert client.terminal.memory.money_taken == 4210


def test_a_retroactive_reversal_is_unsupported_unless_the_reader_knows_it(client: Client) -> None:
    client.ask("X", amount=4210)
    (reply,) = client.ask("Q", stan="000001", amount=4210)
    assert reply[10:12] == b"91"
    assert client.terminal.memory.money_taken == 4210


def test_a_retroactive_reversal_gives_back_an_older_charge() -> None:
    client = Client(SimulatedTerminal(Script(Traits(retroactive=True))))
    client.ask("X", amount=4210)
    client.ask("X", amount=100)
    assert client.ask("Q", stan="000001", amount=4210)[0][10:12] == b"00"
    assert client.terminal.memory.money_taken == 100
    assert client.ask("Q", stan="000001", amount=4210)[0][10:12] == b"01"


def test_parameters_are_loaded(client: Client) -> None:
    (reply,) = client.ask("D")
    assert (len(reply), code_of(reply), reply[10:12]) == (251, "D", b"00")


def test_a_session_is_closed(client: Client) -> None:
    client.ask("X", amount=4210)
    closed = closed_reply(client.ask("C")[0])
    assert closed is not None
    assert (closed.closed, closed.reader_total, closed.host_total) == (True, 4210, 4210)


def test_a_long_vas_answer_comes_in_numbered_pieces() -> None:
    xml = "<VASRES><RESPID>0</RESPID>" + "<X>y</X>" * 300 + "</VASRES>"
    client = Client(SimulatedTerminal(Script(Traits(vas_answer=xml))))
    fields = [decode_reply(reply) or {} for reply in client.ask("K", xml_length=4, xml="<x/>")]
    assert [(one["sequence"], one["more"]) for one in fields] == [(1, True), (2, True), (3, False)]
    assert "".join(str(one["xml"]) for one in fields) == xml


def test_a_vas_request_of_another_length_than_it_says_is_refused(client: Client) -> None:
    assert client.send(request("K", "0", xml_length=5, xml="<x/>")) == [NAK]


TAGS: dict[str, Value] = {"iso_field": "62", "tag_number": "DF8D01", "contents": "0COF0TRK1|0FNZ03\x1b"}


def test_announced_data_are_waited_for_and_answered_after_the_result(client: Client) -> None:
    assert client.ask("X", amount=4210, additional_data=True) == []
    assert client.terminal.memory.ledger == []
    result, returned = client.ask("U", **TAGS)
    assert result[10:12] == b"00"
    assert returned[10:] == b"000000" + b"016" + b"0COF0TRK1|0FNZ03" + b"0" * 10
    assert client.terminal.memory.money_taken == 4210


def test_data_that_want_nothing_back_get_nothing_back(client: Client) -> None:
    client.ask("X", amount=4210, additional_data=True)
    assert len(client.ask("U", **{**TAGS, "iso_field": "00"})) == 1


def test_announced_data_that_never_come_end_the_payment(client: Client) -> None:
    client.ask("X", amount=4210, additional_data=True)
    heard = client.send(b"nothing", seconds=6.0)
    (result,) = [packet.payload for packet in heard if isinstance(packet, Frame)]
    assert result[10:12] == b"01"
    assert client.terminal.memory.ledger == []


@pytest.mark.parametrize("contents", ["open", "a\x1b" * 5, "x" * 101 + "\x1b"])
def test_data_that_nobody_announced_or_of_a_wrong_shape_are_refused(client: Client, contents: str) -> None:
    assert client.send(request("U", "0", **TAGS)) == [NAK]
    client.ask("X", amount=1, additional_data=True)
    assert client.send(request("U", "0", **{**TAGS, "contents": contents})) == [NAK]


def test_a_stale_reader_tells_the_result_before_the_last() -> None:
    client = Client(SimulatedTerminal(Script(questions=(Question("G", "stale", times=1),))))
    client.ask("X", amount=1)
    client.ask("X", amount=2)
    first, second = client.ask("G")[0], client.ask("G")[0]
    assert (first[59:65], second[59:65]) == (b"000001", b"000002")


def test_a_result_of_an_earlier_payment_is_being_repeated_when_it_is_switched_on() -> None:
    terminal = SimulatedTerminal(Script(Traits(unacknowledged=4210)))
    heard = b"".join(out for out in terminal.emit(5000.0) if isinstance(out, bytes))
    assert heard.count(b"E00") == 1
    heard = b"".join(out for out in terminal.emit(5010.0) if isinstance(out, bytes))
    assert heard.count(b"E00") == 2
    assert terminal.memory.money_taken == 4210


def test_time_can_be_scaled() -> None:
    script = Script(Traits(time_scale=0.01, progress=()), (ANSWERS["card_timeout"],))
    terminal = SimulatedTerminal(script)
    terminal.receive(framed(request("X", "0", amount=1)), 0.0)
    assert b"CARD_SEARCH_TIMEOUT" in b"".join(out for out in terminal.emit(1.28) if isinstance(out, bytes))
