"""The reader's faults of reliability.md, S1 to S24, each by its script; and what may be concluded of the charge."""

from dataclasses import replace
from typing import Any

import pytest

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.line import Disturbance, Line
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits, scripted
from drivers.contracts import ChargeVerdict as V

from .conftest import Bench, Factory

FAULTS: dict[str, tuple[Script, list[V]]] = {
    "S1 no acknowledgement": (scripted("no_ack"), [V.UNCERTAIN, V.NOT_CHARGED]),
    "S1 no acknowledgement, but taken": (scripted("no_ack_charged"), [V.UNCERTAIN, V.APPROVED]),
    "S2 refused twice": (Script(payments=(Answer(naks=2),)), [V.APPROVED]),
    "S2 refused four times": (Script(payments=(Answer(naks=4),)), [V.NOT_STARTED]),
    "S3 acknowledgement damaged": (scripted("flipped_ack"), [V.APPROVED]),
    "S3 acknowledgement with another check": (scripted("wrong_ack"), [V.APPROVED]),
    "S3 refusal damaged": (
        Script(
            payments=(Answer(acknowledgement="none", charges=False, saves=False, delivers=False, noise="15 03 68"),)
        ),
        [V.UNCERTAIN, V.NOT_CHARGED],
    ),
    "S4 accepted, then silence": (scripted("silence"), [V.UNCERTAIN, V.NOT_CHARGED]),
    "S5 check wrong once": (scripted("bad_check"), [V.APPROVED]),
    "S5 check wrong for ever": (scripted("bad_checks"), [V.UNCERTAIN, V.APPROVED]),
    "S6 byte by byte": (scripted("split"), [V.APPROVED]),
    "S6 glued": (scripted("glued"), [V.APPROVED]),
    "S7 result before acknowledgement": (scripted("result_first"), [V.APPROVED]),
    "S8 result twice": (scripted("twice"), [V.APPROVED]),
    "S10 cut before it is read": (scripted("close_after_result"), [V.UNCERTAIN, V.APPROVED]),
    "S10 cut in the middle of it": (scripted("cut_in_result"), [V.UNCERTAIN, V.APPROVED]),
    "S10 cut before the acknowledgement": (scripted("cut_before_ack"), [V.UNCERTAIN, V.APPROVED]),
    "S10 cut after the display said something": (scripted("cut_after_progress"), [V.UNCERTAIN, V.APPROVED]),
    "S11 away for a while": (scripted("close_charged", replug_after=30.0), [V.UNCERTAIN, V.APPROVED]),
    "S12 reboots": (scripted("reboot"), [V.UNCERTAIN, V.NOT_CHARGED]),
    "S12 reboots after taking": (scripted("reboot_charged"), [V.UNCERTAIN, V.APPROVED]),
    "S13 tells an old result": (
        Script(payments=(ANSWERS["silence_charged"],), questions=(Question("G", "stale", after=1),)),
        [V.UNCERTAIN, V.UNCERTAIN],
    ),
    "S16 another amount": (scripted("wrong_amount"), [V.OTHER_AMOUNT]),
    "S16 no transaction number": (scripted("no_stan"), [V.UNCERTAIN, V.UNCERTAIN]),
    "S17 unknown code": (scripted("unknown_code"), [V.UNCERTAIN, V.UNCERTAIN]),
    "S18 another currency": (scripted("exchange"), [V.APPROVED]),
    "S18 another currency, another amount": (
        Script(payments=(Answer(exchange=True, host_amount=1),)),
        [V.OTHER_AMOUNT],
    ),
    "S19 noise": (scripted("noise"), [V.APPROVED]),
    "S19 no end of frame": (scripted("lost_etx"), [V.APPROVED]),
    "S21 the customer cancels": (scripted("cancel"), [V.DECLINED]),
    "S21 no card comes": (scripted("card_timeout"), [V.DECLINED]),
    "S22 the answer comes after our time": (scripted("very_late"), [V.UNCERTAIN, V.APPROVED]),
    "the receipt never ends": (scripted("endless_receipt"), [V.APPROVED]),
    "the line breaks before it is heard": (scripted("close_unheard"), [V.UNCERTAIN, V.NOT_CHARGED]),
}


def settled(bench: Bench) -> list[V]:
    baseline = bench.reader.baseline(**bench.waiting())
    verdicts = [bench.pay(4210).verdict]
    if verdicts == [V.UNCERTAIN]:
        answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
        verdicts.append(answer.verdict)
    return verdicts


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leads_to_what_it_proves_and_no_further(in_memory: Factory, fault: str) -> None:
    script, verdicts = FAULTS[fault]
    bench = in_memory(replace(script, payments=(Answer(), *script.payments)))
    bench.pay(100)
    assert settled(bench) == verdicts
    taken = [charge.amount for charge in bench.terminal.memory.ledger[1:]]
    assert taken == {V.APPROVED: [4210], V.NOT_CHARGED: [], V.NOT_STARTED: [], V.DECLINED: []}.get(verdicts[-1], taken)
    assert len(bench.results) == len(verdicts) + 1
    assert bench.terminal.seen.count("X") <= 2


def test_s9_a_late_result_that_waits_at_open_is_handed_over(over_pty: Factory) -> None:
    bench = over_pty(Script(Traits(unacknowledged=1250, repeat_after=0.1)))
    bench.reader.listen(timeout=0.5, tick=bench.tick)
    assert [(late.approved, late.amount) for late in bench.late] == [(True, 1250)]


def test_s14_the_same_amount_of_an_earlier_sale_proves_nothing(in_memory: Factory) -> None:
    bench = in_memory(scripted("approve", "silence"))
    bench.pay(4210)
    assert settled(bench) == [V.UNCERTAIN, V.NOT_CHARGED]
    assert bench.terminal.memory.money_taken == 4210


@pytest.mark.parametrize("questions", [("G",), ("G", "T")])
def test_s15_without_the_last_result_it_stays_uncertain(in_memory: Factory, questions: tuple[str, ...]) -> None:
    refused = tuple(Question(code, "nak") for code in questions)
    bench = in_memory(Script(payments=(Answer(), ANSWERS["silence_charged"]), questions=refused))
    bench.pay(100)
    assert settled(bench) == [V.UNCERTAIN, V.UNCERTAIN]


def test_s19_a_megabyte_of_frame_beginnings_hides_no_result(in_memory: Factory) -> None:
    bench = in_memory(scripted("flood", receipt="none", progress=()))
    assert settled(bench) == [V.APPROVED]


def test_a_reader_that_calls_itself_idle_in_its_card_phase_is_not_believed(in_memory: Factory) -> None:
    slow = replace(ANSWERS["approve"], seconds=120.0, shows_progress=False, delivers=False)
    bench = in_memory(Script(Traits(talks_in_card_phase=True), (slow,)), silence_seconds=20.0)
    assert settled(bench) == [V.UNCERTAIN, V.APPROVED]
    assert bench.terminal.memory.money_taken == 4210


# --- the line itself ---


def crossed(data: bytes, *disturbances: Disturbance) -> tuple[bytes, bool]:
    line = Line()
    line.arm(disturbances)
    carried, broken = b"", False
    for byte in data:
        through, broken = line.carry(bytes([byte]))
        carried += through
        if broken:
            break
    whole = Line()
    whole.arm(disturbances)
    assert whole.carry(data) == (carried, broken)
    return carried, broken


@pytest.mark.parametrize(
    ("disturbances", "carried", "broken"),
    [
        ((), b"abcde", False),
        ((Disturbance(1, "flip", 2),), b"a`cde", False),
        ((Disturbance(4, "lose"),), b"abcd", False),
        ((Disturbance(0, "add", 0x7A),), b"zabcde", False),
        ((Disturbance(2, "cut"),), b"ab", True),
        ((Disturbance(3, "cut"), Disturbance(1, "lose")), b"ac", True),
        ((Disturbance(1, "lose"), Disturbance(1, "flip")), b"acde", False),
        ((Disturbance(9, "cut"),), b"abcde", False),
    ],
)
def test_a_line_is_disturbed_at_any_byte(disturbances: tuple[Any, ...], carried: bytes, broken: bool) -> None:  # noqa: FBT001
    assert crossed(b"abcde", *disturbances) == (carried, broken)


def test_a_place_before_the_line_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="stands at byte 0 or later"):
        Disturbance(-1, "cut")
