"""The dialogue's money-safety rules (ecr17.md 3.6): as properties over hostile streams, and case by case."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card_reader.ecr17.codec import LrcRule, Signal, encode_control, encode_frame, encode_progress
from drivers.card_reader.ecr17.messages import CARD_RESULTS, request
from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.steps import (
    Answer,
    Command,
    Ended,
    Ending,
    LateResult,
    Limits,
    ReceiptPiece,
    Send,
    Shown,
    Step,
)

ACK, NAK = encode_control(Signal.ACK), encode_control(Signal.NAK)
BAD_NAK = bytes([0x15, 0x03, 0x00])
LIMITS = Limits()
PAYMENT = Command(
    request("X", "7", cash_register_id="3", amount=4210), LIMITS, frozenset("EV"), money=True, receipt=True
)
MONEY_FRAME = encode_frame(PAYMENT.payload)
STATUS = Command(request("s", "7"), Limits(3, 5, 30), frozenset("s"))
LAST = Command(request("G", "7"), Limits(3, 5, 30), CARD_RESULTS)
PRINT_ON = Command(request("E", "7", print_on_ecr="1"), Limits(3, 5, 30))
REPRINT = Command(request("R", "7", to_ecr=True), Limits(3, 5, 30), receipt=True)


def approval(stan: int = 42, amount: int = 4210) -> bytes:
    return (
        b"000000070E000000000000000004321CLIA1B2C32111520288105000005"
        + f"{stan:06}000099000{amount:08}0000000000".encode()
    )


REFUSAL = b"000000070E01TRANSAZIONE RIFIUTATA   00000000000288105000005000043000100"
STATUS_REPLY = b"000000070s000000000021112610152SYS03.4E"
RECEIPT = b"000000070SGRAZIE}}\x1b"


class Till:
    """Drives a session as the driver does: takes every step, hands results over, notes what was sent."""

    def __init__(self, session: Session | None = None) -> None:
        self.session = session or Session()
        self.now = 0.0
        self.steps: list[Step] = []

    def begin(self, command: Command = PAYMENT) -> "Till":
        self.take(self.session.begin(command, self.now))
        return self

    def hear(self, *packets: bytes) -> "Till":
        for packet in packets:
            self.take(self.session.receive(packet, self.now))
        return self

    def wait(self, seconds: float) -> "Till":
        self.now += seconds
        self.take(self.session.expire(self.now))
        return self

    def take(self, steps: Iterator[Step]) -> None:
        self.steps.extend(steps)

    def of(self, kind: type[Any]) -> list[Any]:
        return [step for step in self.steps if isinstance(step, kind)]

    def sent(self, data: bytes) -> int:
        return self.of(Send).count(Send(data))

    @property
    def endings(self) -> list[Ending]:
        return [ended.ending for ended in self.of(Ended)]


# --- properties ---

HOSTILE = st.sampled_from(
    [
        ACK,
        NAK,
        BAD_NAK,
        bytes([0x06, 0x03, 0x79]),
        b"\x41",
        b"\x02000",
        encode_progress("Attesa carta"),
        encode_frame(approval())[:-1] + b"\x00",
        encode_frame(approval()),
        encode_frame(approval(43)),
        encode_frame(REFUSAL),
        encode_frame(RECEIPT),
        encode_frame(b"000000070U000000005HELLO0000000000"),
        encode_frame(b"000000070J"),
        encode_frame(b"000000070E"),
    ]
)
MOMENTS = st.one_of(HOSTILE, st.sampled_from([0.5, 2.0, 3.0, 60.0, 200.0]))


@given(st.lists(MOMENTS, max_size=25))
def test_a_money_frame_is_sent_again_only_after_naks_alone_and_thrice_at_most(moments: list[Any]) -> None:
    till = Till().begin()
    only_naks = True
    for moment in moments:
        before = till.sent(MONEY_FRAME)
        if isinstance(moment, bytes):
            only_naks = only_naks and moment == NAK
            till.hear(moment)
        else:
            till.wait(moment)
        if till.sent(MONEY_FRAME) > before:
            assert only_naks
            assert moments.count(NAK) >= before
    assert 1 <= till.sent(MONEY_FRAME) <= 3


@given(st.lists(MOMENTS, max_size=25))
def test_a_command_ends_once_and_in_bounded_time(moments: list[Any]) -> None:
    till = Till().begin()
    for moment in moments:
        till.hear(moment) if isinstance(moment, bytes) else till.wait(moment)
    for _ in range(3):
        till.wait(LIMITS.whole)
    assert len(till.endings) == 1
    assert not till.session.busy
    if till.endings == [Ending.REFUSED]:
        assert till.sent(MONEY_FRAME) == 3


@given(st.lists(HOSTILE, max_size=25))
def test_every_good_frame_is_answered_once_and_results_only_after_hand_over(stream: list[bytes]) -> None:
    till = Till().begin().hear(b"".join(stream))
    handed = False
    for before, step in pairwise(till.steps):
        if isinstance(before, Answer | LateResult):
            handed = True
            assert step == Send(ACK)
    assert till.sent(ACK) >= handed
    results = [step.payload for step in till.of(Answer) + till.of(LateResult)]
    assert len(till.of(Answer)) <= 1
    assert {payload[9:10] for payload in results} <= {b"E"}


@given(st.lists(HOSTILE, max_size=12), st.lists(st.integers(0, 600), max_size=6))
def test_what_is_concluded_does_not_depend_on_the_cut(stream: list[bytes], cuts: list[int]) -> None:
    data = b"".join(stream)
    whole = Till().begin().hear(data)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = Till().begin().hear(*(data[a:b] for a, b in pairwise(edges)))
    if NAK not in data:  # after a NAK the bytes that stand behind it forbid a repeat only once they are there
        assert whole.steps == parts.steps


@given(st.lists(HOSTILE.filter(lambda packet: packet[:1] != b"\x02"), max_size=10), st.integers(0, 4))
def test_no_timer_close_or_bad_check_ever_makes_an_answer(stream: list[bytes], waits: int) -> None:
    till = Till().begin().hear(*stream)
    for _ in range(waits):
        till.wait(100.0)
    till.take(till.session.abandon())
    assert till.of(Answer) == []


# --- case by case ---


def test_a_normal_payment() -> None:
    till = Till().begin().hear(ACK, encode_progress("Attesa carta"), encode_frame(approval()), encode_frame(RECEIPT))
    assert till.steps == [
        Send(MONEY_FRAME),
        Shown("Attesa carta"),
        Answer(approval()),
        Send(ACK),
        Send(ACK),
        ReceiptPiece("GRAZIE}}\x1b"),
        Ended(Ending.ANSWERED),
    ]


def test_a_payment_without_an_acknowledgement_ends_unanswered_and_is_not_sent_again() -> None:
    till = Till().begin().wait(3.0)
    assert (till.endings, till.sent(MONEY_FRAME)) == ([Ending.NO_ANSWER], 1)


def test_three_naks_alone_are_a_refusal_and_a_fourth_copy_never_leaves() -> None:
    till = Till().begin()
    for _ in range(3):
        till.hear(NAK).wait(2.0)
    assert (till.endings, till.sent(MONEY_FRAME)) == ([Ending.REFUSED], 3)


@pytest.mark.parametrize("noise", [BAD_NAK, b"\x41" + NAK, NAK + b"\x41"])
def test_a_nak_with_anything_beside_it_never_repeats_the_payment(noise: bytes) -> None:
    till = Till().begin().hear(noise).wait(2.0).wait(1.0)
    assert (till.endings, till.sent(MONEY_FRAME)) == ([Ending.NO_ANSWER], 1)


def test_an_acknowledgement_during_the_pause_stops_the_repeat() -> None:
    till = Till().begin().hear(NAK, ACK).wait(2.0)
    assert (till.endings, till.sent(MONEY_FRAME)) == ([], 1)


def test_progress_during_the_pause_stops_the_repeat() -> None:
    till = Till().begin().hear(NAK, encode_progress("Attesa carta")).wait(2.0)
    assert (till.endings, till.sent(MONEY_FRAME)) == ([], 1)


def test_a_result_before_the_acknowledgement_counts() -> None:
    till = Till().begin().hear(encode_frame(approval()), ACK)
    assert till.of(Answer) == [Answer(approval())]


def test_a_result_after_a_nak_belongs_to_an_earlier_command() -> None:
    till = Till().begin().hear(NAK, encode_frame(approval()))
    assert till.of(Answer) == []
    assert till.of(LateResult) == [LateResult(approval())]
    assert till.wait(2.0).sent(MONEY_FRAME) == 1


def test_a_result_that_is_arriving_when_the_time_is_over_is_waited_for() -> None:
    frame = encode_frame(approval())
    till = Till().begin().hear(frame[:40]).wait(3.0).hear(frame[40:])
    assert till.of(Answer) == [Answer(approval())]


def test_the_silence_timer_starts_again_with_every_byte_and_the_whole_has_its_own() -> None:
    till = Till().begin().hear(ACK).wait(179).hear(b"\x41").wait(120)
    assert till.endings == []
    assert till.wait(1).endings == [Ending.INTERRUPTED]


def test_a_silent_card_phase_ends_interrupted() -> None:
    assert Till().begin().hear(ACK).wait(180).endings == [Ending.INTERRUPTED]


def test_a_bad_check_is_refused_three_times_and_then_doubted() -> None:
    bad = encode_frame(approval())[:-1] + b"\x00"
    till = Till().begin().hear(ACK, bad, bad, bad, bad)
    assert (till.endings, till.sent(NAK)) == ([Ending.GARBLED], 3)


def test_a_good_copy_after_a_bad_one_counts() -> None:
    till = Till().begin().hear(ACK, encode_frame(approval())[:-1] + b"\x00", encode_frame(approval()))
    assert till.of(Answer) == [Answer(approval())]


def test_the_same_result_twice_is_acknowledged_twice_and_handed_over_once() -> None:
    till = Till().begin().hear(ACK, encode_frame(approval()) * 2)
    assert (len(till.of(Answer)), till.of(LateResult), till.sent(ACK)) == (1, [], 2)
    till.wait(3.0).hear(encode_frame(approval()))
    assert (till.of(LateResult), till.sent(ACK)) == ([], 3)


def test_another_result_after_the_answer_is_late() -> None:
    till = Till().begin().hear(ACK, encode_frame(approval()), encode_frame(approval(43)))
    assert till.of(LateResult) == [LateResult(approval(43))]


def test_a_result_whose_hand_over_fails_stays_unacknowledged_and_is_handed_over_again() -> None:
    till = Till().begin().hear(ACK)
    steps = till.session.receive(encode_frame(approval()), 1.0)
    assert next(steps) == Answer(approval())
    steps.close()  # type: ignore[attr-defined]
    till.take(till.session.abandon())
    assert till.sent(ACK) == 0
    assert till.hear(encode_frame(approval())).of(LateResult) == [LateResult(approval())]


def test_a_stale_copy_of_a_known_result_before_the_acknowledgement_is_not_the_answer() -> None:
    till = Till().begin(LAST).hear(ACK, encode_frame(REFUSAL))
    till.begin().hear(encode_frame(REFUSAL))
    assert till.of(Answer) == [Answer(REFUSAL)]
    till.hear(ACK, encode_frame(REFUSAL))
    assert till.of(Answer) == [Answer(REFUSAL)] * 2


def test_an_approval_known_before_is_never_the_answer() -> None:
    till = Till().begin(LAST).hear(ACK, encode_frame(approval()))
    till.begin().hear(ACK, encode_frame(approval()))
    assert till.of(Answer) == [Answer(approval())]
    assert till.of(LateResult) == []
    assert till.hear(encode_frame(approval(43))).of(Answer)[-1] == Answer(approval(43))


def test_a_result_settled_by_asking_is_only_acknowledged_when_it_comes_again() -> None:
    till = Till()
    till.session.settle(approval())
    till.hear(encode_frame(approval()))
    assert till.steps == [Send(ACK)]


def test_a_result_that_nobody_waits_for_is_late() -> None:
    assert Till().hear(encode_frame(approval())).steps == [LateResult(approval()), Send(ACK)]


def test_a_receipt_of_an_earlier_command_is_acknowledged_and_dropped() -> None:
    till = Till().hear(encode_frame(RECEIPT)).begin().hear(ACK, encode_frame(RECEIPT))
    assert (till.of(ReceiptPiece), till.sent(ACK)) == ([], 2)


def test_a_receipt_without_its_end_is_over_after_its_time() -> None:
    till = Till().begin().hear(ACK, encode_frame(approval()), encode_frame(b"000000070SGRAZIE")).wait(3.0)
    assert (till.of(ReceiptPiece), till.endings) == ([ReceiptPiece("GRAZIE")], [Ending.ANSWERED])


def test_an_unknown_message_is_refused_and_another_known_one_acknowledged() -> None:
    till = Till().hear(encode_frame(b"000000070J"), encode_frame(STATUS_REPLY))
    assert till.steps == [Send(NAK), Send(ACK)]


@pytest.mark.parametrize(("command", "reply"), [(STATUS, STATUS_REPLY), (LAST, approval())])
def test_a_question_is_asked_three_times_on_a_timer(command: Command, reply: bytes) -> None:
    till = Till().begin(command).wait(3.0).wait(3.0).hear(ACK, encode_frame(reply))
    assert till.sent(encode_frame(command.payload)) == 3
    assert (till.of(Answer), till.endings) == ([Answer(reply)], [Ending.ANSWERED])


def test_a_question_that_stays_unanswered_or_refused_ends() -> None:
    assert Till().begin(STATUS).wait(3.0).wait(3.0).wait(3.0).endings == [Ending.NO_ANSWER]
    assert Till().begin(STATUS).hear(NAK, NAK, NAK).endings == [Ending.REFUSED]
    assert Till().begin(STATUS).hear(ACK).wait(5.0).endings == [Ending.INTERRUPTED]


def test_a_question_whose_answer_has_begun_is_not_repeated() -> None:
    till = Till().begin(STATUS).hear(encode_frame(STATUS_REPLY)[:5]).wait(3.0)
    assert till.sent(encode_frame(STATUS.payload)) == 1


def test_the_print_switch_is_answered_by_its_acknowledgement_alone() -> None:
    assert Till().begin(PRINT_ON).hear(ACK).endings == [Ending.ANSWERED]


def test_a_reprint_is_all_receipt() -> None:
    till = Till().begin(REPRINT).hear(ACK, encode_frame(RECEIPT))
    assert (till.of(ReceiptPiece), till.endings) == ([ReceiptPiece("GRAZIE}}\x1b")], [Ending.ANSWERED])


def test_only_one_command_at_a_time() -> None:
    till = Till().begin()
    with pytest.raises(RuntimeError, match="one command at a time"):
        till.begin(STATUS)


def test_signals_out_of_place_change_nothing() -> None:
    till = Till().hear(ACK, NAK).begin().hear(ACK, ACK, NAK)
    assert till.steps == [Send(MONEY_FRAME)]
    assert not till.session.harmless
    assert till.wait(0.1).endings == []


def test_another_rule_checks_and_answers_by_itself() -> None:
    till = Till(Session(LrcRule.PAYLOAD)).begin(STATUS)
    till.hear(encode_control(Signal.ACK, LrcRule.PAYLOAD), encode_frame(STATUS_REPLY, LrcRule.PAYLOAD))
    assert till.steps[-2] == Send(bytes.fromhex("06 03 79"))


def test_a_lost_line_forgets_its_half_packet() -> None:
    till = Till().hear(b"\x02000")
    assert till.session.inside_packet
    till.session.forget_line()
    assert not till.session.inside_packet


def test_no_payload_shows_in_a_printed_step() -> None:
    assert "4321" not in repr([Answer(approval()), LateResult(approval()), Send(approval()), PAYMENT])
