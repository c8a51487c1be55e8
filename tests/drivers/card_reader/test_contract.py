"""What every card reader owes (drivers.contracts.CardReader), on every wiring of the double."""

import contextlib
from typing import Any

import pytest

from drivers.card_reader.ecr17.simulator.line import Disturbance
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits, scripted
from drivers.contracts import Baseline, CardReader, CardType, ChargeVerdict, ReversalVerdict
from drivers.errors import DeviceError, DeviceRefused, DeviceUnanswered

from .conftest import Bench, Factory


@pytest.fixture(params=["in_memory", "over_pty", "over_tcp"])
def make(request: pytest.FixtureRequest) -> Factory:
    factory: Factory = request.getfixturevalue(request.param)
    return factory


def resolved(bench: Bench, amount: int, baseline: Any) -> Any:
    return bench.reader.resolve(amount, baseline, on_result=bench.results.append, **bench.waiting())


def test_it_is_a_card_reader(make: Factory) -> None:
    reader: CardReader = make().reader
    reader.close()
    reader.close()


def test_an_idle_reader_is_ready_and_says_that_it_is_a_double(make: Factory) -> None:
    status = make().reader.status(timeout=5, tick=lambda: None)
    assert status.ready
    assert status.simulated
    assert (status.terminal_id, status.release) == ("12345678", "DOUBLE1.0")


def test_an_approved_charge_is_handed_over_once_with_its_receipt_after(make: Factory) -> None:
    bench = make()
    answer = bench.pay(4210)
    assert answer.verdict is ChargeVerdict.APPROVED
    (handed,) = bench.results
    assert (handed.verdict, handed.transaction, handed.receipt) == (answer.verdict, answer.transaction, ())
    assert answer.transaction is not None
    assert (answer.transaction.amount, answer.transaction.stan) == (4210, "000001")
    assert (answer.transaction.card_last4, answer.transaction.card_type) == ("4321", CardType.CREDIT)
    assert answer.receipt[0].strip() == "BANCA DI PROVA"
    assert answer.receipt[-1].strip() == "REF0001"
    assert [charge.amount for charge in bench.terminal.memory.ledger] == [4210]
    assert bench.ticks > 0


def test_a_declined_charge_says_why_and_the_next_one_works(make: Factory) -> None:
    bench = make(scripted("decline", "cancel", "approve"))
    assert bench.pay(100).verdict is ChargeVerdict.DECLINED
    assert "TRANSAZIONE ANNULLATA" in bench.pay(100).reason
    assert bench.pay(100).verdict is ChargeVerdict.APPROVED
    assert bench.terminal.memory.money_taken == 100


def test_two_equal_refusals_are_two_refusals(make: Factory) -> None:
    bench = make(scripted("card_absent", "card_absent"))
    assert [bench.pay(100).verdict for _ in range(2)] == [ChargeVerdict.DECLINED] * 2
    assert len(bench.results) == 2


def test_a_refused_command_was_not_started_and_is_sent_three_times_at_most(make: Factory) -> None:
    bench = make(scripted("nak"))
    answer = bench.pay(100)
    assert answer.verdict is ChargeVerdict.NOT_STARTED
    assert "Nessun addebito" in answer.reason
    assert bench.terminal.memory.payments == 0
    assert bench.results == [answer]


def test_a_command_refused_once_is_sent_again(make: Factory) -> None:
    bench = make(scripted("nak_once"))
    assert bench.pay(100).verdict is ChargeVerdict.APPROVED
    assert bench.terminal.memory.payments == 1


@pytest.mark.parametrize("name", ["silence_charged", "no_ack_charged", "close_charged"])
def test_a_lost_approval_is_uncertain_and_then_found(make: Factory, name: str) -> None:
    bench = make(scripted("approve", name))
    bench.pay(100)
    baseline = bench.reader.baseline(**bench.waiting())
    assert bench.pay(4210).verdict is ChargeVerdict.UNCERTAIN
    answer = resolved(bench, 4210, baseline)
    assert answer.verdict is ChargeVerdict.APPROVED
    assert answer.transaction is not None
    assert answer.transaction.amount == 4210
    assert [given.verdict for given in bench.results[1:]] == [ChargeVerdict.UNCERTAIN, ChargeVerdict.APPROVED]
    assert bench.terminal.memory.money_taken == 4310
    assert bench.terminal.seen.count("X") == 2


@pytest.mark.parametrize("name", ["silence", "no_ack", "close"])
def test_a_charge_that_never_happened_is_proven_so(make: Factory, name: str) -> None:
    bench = make(scripted("approve", name))
    bench.pay(100)
    baseline = bench.reader.baseline(**bench.waiting())
    assert bench.pay(4210).verdict is ChargeVerdict.UNCERTAIN
    answer = resolved(bench, 4210, baseline)
    assert answer.verdict is ChargeVerdict.NOT_CHARGED
    assert answer.transaction is None
    assert bench.terminal.memory.money_taken == 100


def test_nothing_is_proven_without_a_baseline(make: Factory) -> None:
    bench = make(scripted("silence_charged"))
    bench.patience = 0.5
    bench.pay(4210)
    answer = resolved(bench, 4210, None)
    assert answer.verdict is ChargeVerdict.UNCERTAIN
    assert bench.results[-1] == answer


def test_a_result_lost_with_the_line_comes_by_itself_and_settles_the_charge(make: Factory) -> None:
    bench = make(scripted("close_after_result", replug_after=0.05, repeat_after=0.3), print_on="terminal")
    baseline = bench.reader.baseline(**bench.waiting())
    first = bench.pay(4210)
    answer = first if first.verdict is ChargeVerdict.APPROVED else resolved(bench, 4210, baseline)
    assert answer.verdict is ChargeVerdict.APPROVED
    assert [given.verdict for given in bench.results].count(ChargeVerdict.APPROVED) == 1
    assert bench.terminal.memory.money_taken == 4210


@pytest.mark.parametrize(
    "name", ["wrong_ack", "late_ack", "result_first", "bad_check", "twice", "split", "noise", "no_ack_result"]
)
def test_a_clumsy_reader_still_gets_its_approval_taken_once(make: Factory, name: str) -> None:
    bench = make(scripted(name, "approve", pace=0.0005))
    assert bench.pay(4210).verdict is ChargeVerdict.APPROVED
    assert len(bench.results) == 1
    bench.reader.listen(timeout=0.05, tick=bench.tick)
    assert bench.pay(100).verdict is ChargeVerdict.APPROVED
    assert bench.late == []
    assert [charge.amount for charge in bench.terminal.memory.ledger] == [4210, 100]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("wrong_amount", ChargeVerdict.OTHER_AMOUNT),
        ("unknown_code", ChargeVerdict.UNCERTAIN),
        ("short", ChargeVerdict.UNCERTAIN),
        ("bad_checks", ChargeVerdict.UNCERTAIN),
        ("exchange", ChargeVerdict.APPROVED),
    ],
)
def test_only_a_whole_approval_of_the_amount_asked_is_approved(
    make: Factory, name: str, verdict: ChargeVerdict
) -> None:
    assert make(scripted(name)).pay(4210).verdict is verdict


def test_a_late_approval_at_open_is_handed_over_and_never_flushed(make: Factory) -> None:
    bench = make(scripted("approve", repeat_after=0.2))

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    bench.reader.close()
    bench.pass_time(0.25)
    bench.reader.listen(timeout=0.5, tick=bench.tick)
    (late,) = bench.late
    assert (late.approved, late.amount) == (True, 4210)


def test_no_charge_starts_right_after_a_late_result(make: Factory) -> None:
    bench = make(scripted("approve", repeat_after=0.2))

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    bench.pass_time(0.25)
    answer = bench.pay(100)
    assert answer.verdict is ChargeVerdict.NOT_STARTED
    assert "pagamento precedente" in answer.reason
    assert [late.amount for late in bench.late] == [4210]
    assert bench.terminal.memory.money_taken == 4210


def test_a_reversal_needs_the_right_transaction_and_gives_the_money_back(make: Factory) -> None:
    bench = make()
    bench.pay(4210)
    stan = bench.terminal.memory.ledger[0].stan
    wrong = bench.reader.reverse("000099", on_result=bench.results.append, **bench.waiting())
    assert wrong.verdict is ReversalVerdict.REFUSED
    right = bench.reader.reverse(stan, on_result=bench.results.append, **bench.waiting())
    assert right.verdict is ReversalVerdict.APPROVED
    assert bench.terminal.memory.money_taken == 0
    assert [given.verdict for given in bench.results[1:]] == [wrong.verdict, right.verdict]


def test_a_reader_that_says_no_is_refused_and_a_mute_one_unanswered(make: Factory) -> None:
    with pytest.raises(DeviceRefused):
        make(Script(questions=(Question("s", "nak"),))).reader.status(timeout=5, tick=lambda: None)


def test_a_mute_reader_is_unanswered_and_a_payment_on_it_not_started(make: Factory) -> None:
    bench = make(Script(questions=(Question("s", "mute"), Question("E", "mute"))), acknowledgement_seconds=0.1)
    with pytest.raises(DeviceUnanswered):
        bench.reader.status(**bench.waiting())
    assert bench.pay(100).verdict is ChargeVerdict.NOT_STARTED
    assert "X" not in bench.terminal.seen


def test_a_baseline_tells_what_the_reader_offers(make: Factory) -> None:
    bench = make(Script(questions=(Question("T", "nak"),)))
    first = bench.reader.baseline(**bench.waiting())
    assert (first.terminal_id, first.last_result, first.totals) == ("12345678", "", None)
    answer = bench.pay(4210)
    second = bench.reader.baseline(**bench.waiting())
    assert answer.transaction is not None
    assert second.last_result == answer.transaction.fingerprint
    assert second.stan == answer.transaction.stan


def test_an_unplugged_reader_comes_back_by_its_name(make: Factory) -> None:
    bench = make(Script(Traits(replug_after=0.05)))
    assert bench.pay(100).verdict is ChargeVerdict.APPROVED
    baseline = bench.reader.baseline(**bench.waiting())
    bench.unplug()
    answer = resolved(bench, 100, baseline)
    assert answer.verdict is ChargeVerdict.NOT_CHARGED
    assert bench.reader.status(**bench.waiting()).ready


# --- pulling the line ---

APPROVED, NOT_CHARGED = (ChargeVerdict.APPROVED,), (ChargeVerdict.NOT_CHARGED, ChargeVerdict.NOT_STARTED)
PULLED = {"acknowledgement_seconds": 0.15, "silence_seconds": 0.15, "quiet_seconds": 0.02, "poll_seconds": 0.01}


def bytes_of_a_payment(bench: Bench) -> int:
    """How many bytes cross the line in an undisturbed payment, both ways together."""
    before = bench.terminal.line.crossed
    assert bench.pay(1).verdict is ChargeVerdict.APPROVED
    return bench.terminal.line.crossed - before


def baseline_when_idle(bench: Bench) -> Baseline:
    """A reader may still be repeating a result that the pulled line kept from us."""
    for _ in range(50):
        with contextlib.suppress(DeviceError):
            return bench.reader.baseline(**bench.waiting())
        bench.pass_time(0.1)
    raise AssertionError("the reader never became idle")


def pull_at(bench: Bench, byte: int) -> None:
    """One payment whose line is pulled before that byte; its verdict agrees with the money taken."""
    taken = bench.terminal.memory.money_taken
    accepted = bench.terminal.seen.count("X")
    baseline = baseline_when_idle(bench)
    bench.terminal.line.arm([Disturbance(byte, "cut")])
    verdict = bench.pay(4210).verdict
    if verdict is ChargeVerdict.UNCERTAIN:
        verdict = resolved(bench, 4210, baseline).verdict
    charged = bench.terminal.memory.money_taken - taken
    assert verdict in (APPROVED if charged else NOT_CHARGED), f"byte {byte}"
    assert bench.terminal.seen.count("X") - accepted == bool(charged)


@pytest.mark.slow(reason="some seven hundred payments, each with its recovery")
@pytest.mark.parametrize("part", range(4))
def test_the_line_is_pulled_at_every_byte_of_a_payment(in_memory: Factory, part: int) -> None:
    bench = in_memory(Script(Traits(replug_after=0.05)), poll_seconds=60.0)
    for byte in range(part, bytes_of_a_payment(bench), 4):
        bench.pass_time(10.0)
        pull_at(bench, byte)


@pytest.mark.slow(reason="some forty payments in real time, each with its recovery")
@pytest.mark.parametrize(("wiring", "step"), [("over_pty", 10), ("over_tcp", 40)])
def test_a_real_line_is_pulled_at_many_bytes_of_a_payment(
    request: pytest.FixtureRequest, wiring: str, step: int
) -> None:
    make: Factory = request.getfixturevalue(wiring)
    bench = make(Script(Traits(replug_after=0.01, repeat_after=0.05, pace=0.0)), print_on="terminal", **PULLED)
    for byte in range(0, bytes_of_a_payment(bench), step):
        pull_at(bench, byte)


def test_what_the_display_says_is_passed_on_and_changes_nothing(make: Factory) -> None:
    bench = make(scripted("decline", progress=("Attesa carta", "Transazione eseguita")))
    shown: list[str] = []
    bench.reader.on_progress = shown.append
    assert bench.pay(4210).verdict is ChargeVerdict.DECLINED
    assert shown == ["Attesa carta", "Transazione eseguita"]


@pytest.mark.parametrize("amount", [0, -1, 100_000_000, 4.99, True])
def test_an_amount_that_cannot_be_is_refused_before_a_byte_is_written(make: Factory, amount: Any) -> None:
    bench = make()
    with pytest.raises(ValueError, match="an amount is 1 to 99999999 cents"):
        bench.pay(amount)
    assert bench.terminal.seen == []
