"""The driver's own rules beyond the common contract: which reader, which words, what never leaves it."""

import contextlib
import logging
import socket
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.simulator.answers import ANSWERS
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits, scripted
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.card_reader.ecr17.simulator.wired import VirtualClock, WiredTerminal
from drivers.contracts import Baseline, CardTransaction, ChargeAnswer, ChargeVerdict, ReversalVerdict
from drivers.errors import DeviceAbsent, DeviceRefused, DeviceUnanswered
from drivers.link import Link

from .conftest import KEY, Bench, Factory

CANARY = "4929123412341232"  # a whole card number, as a reader with its truncation switched off delivers it
PROVEN_UNPAID = {ChargeVerdict.DECLINED, ChargeVerdict.NOT_STARTED, ChargeVerdict.NOT_CHARGED}


def nothing() -> None:
    pass


# --- money safety, end to end in virtual time ---


class Power(BaseException):
    """The till's power is cut."""


@dataclass(frozen=True)
class Mishap:
    """What befalls one charge: how the reader answers, and at which tick or result till or cable fail."""

    answer: str
    unplug_at: int
    cut_at_result: bool


MISHAPS = st.builds(Mishap, st.sampled_from(sorted(ANSWERS)), st.integers(0, 12), st.booleans())


class Counter:
    """A till at a double, in virtual time, whose driver starts anew after a power cut."""

    def __init__(self, script: Script, *, extended: bool) -> None:
        self.clock = VirtualClock()
        self.cable = WiredTerminal(SimulatedTerminal(script), self.clock)
        self.options = Ecr17Options("double:", extended_result=extended)
        self.late: list[CardTransaction] = []
        self.start()

    def start(self) -> None:
        self.reader = Ecr17CardReader(
            self.options,
            fingerprint_key=KEY,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            connect=self.cable.connect,
        )
        self.reader.on_late = self.late.append

    def pay(self, amount: int, mishap: Mishap) -> ChargeVerdict:
        ticks = iter(range(1_000_000))
        cut = iter([mishap.cut_at_result])

        def tick() -> None:
            if next(ticks) == mishap.unplug_at - 1:
                self.cable.unplug(until=self.clock.now + 0.5)

        def on_result(_answer: ChargeAnswer) -> None:
            if next(cut, False):
                raise Power

        self.clock.sleep(10.0)  # the next citizen comes; a cable that was out is in again, a receipt given up
        baseline = self.reader.baseline(timeout=60, tick=nothing)
        verdict = ChargeVerdict.UNCERTAIN
        try:
            verdict = self.reader.pay(amount, reference="", timeout=300, tick=tick, on_result=on_result).verdict
        except Power:
            self.reader.close()
            self.start()
        if verdict is ChargeVerdict.UNCERTAIN:
            verdict = self.reader.resolve(amount, baseline, timeout=600, tick=nothing, on_result=on_result).verdict
        return verdict


@settings(max_examples=10)
@given(mishaps=st.lists(MISHAPS, min_size=1, max_size=4), extended=st.booleans())
def test_whatever_happens_a_verdict_agrees_with_the_money_taken(mishaps: list[Mishap], *, extended: bool) -> None:
    counter = Counter(scripted(*(mishap.answer for mishap in mishaps)), extended=extended)
    memory = counter.cable.terminal.memory
    for number, mishap in enumerate(mishaps):
        amount, before, requests = 1000 + number, len(memory.ledger), len(counter.cable.terminal.seen)
        verdict = counter.pay(amount, mishap)
        charged = [charge.amount for charge in memory.ledger[before:]]
        assert len(charged) <= 1
        assert sum(code in "XP" for code in counter.cable.terminal.seen[requests:]) <= 1
        if verdict is ChargeVerdict.APPROVED:
            assert charged == [amount]
        if verdict in PROVEN_UNPAID:
            assert charged == []
    assert [late for late in counter.late if late.approved or late.result_code == "01"] == []


@pytest.mark.parametrize("name", ["silence", "silence_charged"])
def test_an_idle_reader_is_not_believed_before_the_card_phase_can_be_over(
    in_memory: Factory, clock: VirtualClock, name: str
) -> None:
    bench = in_memory(scripted("approve", name))
    bench.pay(100)
    baseline = bench.reader.baseline(**bench.waiting())
    began = clock.now
    bench.pay(4210)
    bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert clock.now - began >= 180


def test_a_restarted_driver_waits_the_whole_card_phase_itself(in_memory: Factory, clock: VirtualClock) -> None:
    bench = in_memory()
    bench.pay(100)
    baseline = bench.reader.baseline(**bench.waiting())
    bench.reader.close()
    restarted = Ecr17CardReader(
        Ecr17Options("double:"), fingerprint_key=KEY, monotonic=clock.monotonic, connect=_line_of(bench)
    )
    began = clock.now
    answer = restarted.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.NOT_CHARGED
    assert clock.now - began >= 180


def _line_of(bench: Bench) -> Any:
    return bench.reader._conversation._connect


def test_a_reader_that_is_away_is_waited_for(in_memory: Factory, clock: VirtualClock) -> None:
    bench = in_memory(scripted("close_charged", replug_after=30.0))
    baseline = bench.reader.baseline(**bench.waiting())
    assert bench.pay(4210).verdict is ChargeVerdict.UNCERTAIN
    early = bench.reader.resolve(4210, baseline, timeout=10, tick=bench.tick, on_result=bench.results.append)
    assert early.verdict is ChargeVerdict.UNCERTAIN
    assert "non collegata" in early.reason
    late = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert late.verdict is ChargeVerdict.APPROVED


def test_waiting_ticks_at_least_once_a_second(in_memory: Factory, clock: VirtualClock) -> None:
    bench = in_memory(scripted("silence"))
    beats = [clock.now]
    bench.reader.pay(4210, reference="", timeout=300, tick=lambda: beats.append(clock.now), on_result=_ignore)
    assert max(later - earlier for earlier, later in pairwise(beats)) <= 1.0
    assert clock.now - beats[0] >= 180


def _ignore(_answer: ChargeAnswer) -> None:
    pass


def test_a_late_result_while_resolving_settles_an_earlier_process_s_charge(in_memory: Factory) -> None:
    bench = in_memory(scripted("approve", repeat_after=60.0))
    baseline = bench.reader.baseline(**bench.waiting())

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.APPROVED
    assert answer.reason == "Pagamento approvato."
    assert bench.late == []


def test_a_late_result_equal_to_the_baseline_settles_nothing(in_memory: Factory) -> None:
    bench = in_memory(scripted("approve", repeat_after=60.0))

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    known = bench.terminal.memory.last_result
    assert known is not None
    baseline = Baseline("12345678", _fingerprint(known), "000001", 4210)
    answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.NOT_CHARGED
    assert [late.amount for late in bench.late] == [4210]


def _fingerprint(payload: str) -> str:
    from drivers.card_reader.ecr17.judgement import fingerprint  # noqa: PLC0415 - only here
    from drivers.card_reader.ecr17.masking import mask_card_number  # noqa: PLC0415 - only here

    return fingerprint(mask_card_number(payload.encode()), KEY)


def test_without_anyone_to_take_it_a_late_result_is_not_acknowledged(in_memory: Factory, clock: VirtualClock) -> None:
    bench = in_memory(scripted("approve", repeat_after=5.0))

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    fresh = Ecr17CardReader(
        Ecr17Options("double:"), fingerprint_key=KEY, monotonic=clock.monotonic, connect=_line_of(bench)
    )
    with pytest.raises(RuntimeError, match="on_late is not set"):
        fresh.listen(timeout=10, tick=nothing)
    bench.reader.listen(timeout=10, tick=nothing)
    assert len(bench.late) == 1


# --- which reader, which words ---


@pytest.mark.parametrize(
    ("state", "ready", "word"),
    [
        ("2", True, "operativo"),
        ("OPERATIVE", True, "operativo"),
        ("5", True, "DLL"),
        ("6", True, "software"),
        ("0", False, "non configurato"),
        ("1", False, "DLL"),
        ("3", False, "DLL"),
        ("4", False, "assistenza"),
        ("9", False, "non pronto: 9"),
        ("WAITING ", False, "non pronto: WAITING"),
    ],
)
def test_a_state_has_words_for_the_cashier(in_memory: Factory, state: str, ready: bool, word: str) -> None:  # noqa: FBT001
    status = in_memory(Script(Traits(state=state, release="1.0"))).reader.status(timeout=5, tick=nothing)
    assert status.ready is ready
    assert word in status.description
    assert not status.simulated


def test_another_reader_than_the_profile_s_is_not_ready_but_its_results_count(
    in_memory: Factory, caplog: pytest.LogCaptureFixture
) -> None:
    bench = in_memory(Script(Traits(checks_terminal_id=False)), terminal_id="87654321")
    status = bench.reader.status(timeout=5, tick=nothing)
    assert not status.ready
    assert "12345678" in status.description
    assert bench.pay(100).verdict is ChargeVerdict.APPROVED
    assert "reader_id_differs" in caplog.text


def test_a_status_that_says_nothing_is_unanswered(in_memory: Factory) -> None:
    with pytest.raises(DeviceUnanswered, match="incomprensibile"):
        in_memory(Script(Traits(state="*"))).reader.status(timeout=5, tick=nothing)


@pytest.mark.parametrize(("offered", "last", "totals"), [("g+t", "", 0), ("g", "", None), ("none", None, None)])
def test_a_baseline_asks_what_the_profile_says(
    in_memory: Factory, offered: str, last: str | None, totals: int | None
) -> None:
    bench = in_memory(baseline=offered)
    assert bench.reader.baseline(timeout=5, tick=nothing) == Baseline("12345678", last, "", totals)


def test_a_busy_reader_s_refusal_is_not_taken_for_an_empty_memory(in_memory: Factory) -> None:
    bench = in_memory(scripted("approve", repeat_after=100.0))

    def die(_answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader.pay(4210, reference="", on_result=die, **bench.waiting())
    with pytest.raises(DeviceRefused):
        bench.reader.baseline(timeout=30, tick=nothing)


def test_a_reader_that_is_not_ready_gives_no_baseline_by_refusing(in_memory: Factory) -> None:
    bench = in_memory(Script(Traits(state="3"), questions=(Question("G", "nak"),)))
    with pytest.raises(DeviceRefused, match="DLL"):
        bench.reader.baseline(timeout=30, tick=nothing)


def test_a_reader_can_be_asked_by_hand(in_memory: Factory) -> None:
    bench = in_memory()
    assert bench.reader.last(timeout=30, tick=nothing) is None
    paid = bench.pay(4210).transaction
    assert bench.reader.last(timeout=30, tick=nothing) == paid
    assert bench.reader.totals(timeout=30, tick=nothing) == 4210
    closed = bench.reader.close_session(timeout=30, tick=nothing)
    assert (closed.closed, closed.reader_total, closed.host_total) == (True, 4210, 4210)
    assert bench.reader.totals(timeout=30, tick=nothing) == 0
    assert set(bench.terminal.seen) <= set("sPXSTCGER")


def test_closing_the_session_is_never_repeated_on_a_timer(in_memory: Factory) -> None:
    bench = in_memory(Script(questions=(Question("C", "mute"),)))
    with pytest.raises(DeviceUnanswered):
        bench.reader.close_session(timeout=30, tick=nothing)
    assert bench.terminal._asked_of["C"] == 1


@pytest.mark.parametrize("name", ["silence_charged", "silence"])
def test_a_reader_without_a_baseline_stays_uncertain(in_memory: Factory, name: str) -> None:
    bench = in_memory(scripted(name), baseline="none")
    baseline = bench.reader.baseline(timeout=5, tick=nothing)
    bench.pay(4210)
    answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.UNCERTAIN


@pytest.mark.parametrize("code", ["G", "T"])
def test_a_reader_that_stays_mute_afterwards_leaves_the_charge_uncertain(in_memory: Factory, code: str) -> None:
    bench = in_memory(Script(payments=(ANSWERS["silence_charged"],), questions=(Question(code, "mute"),)))
    baseline = Baseline("12345678", "", "", 0)
    bench.pay(4210)
    answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.UNCERTAIN
    assert "non risponde" in answer.reason


def test_a_payment_without_the_extended_result_is_approved_without_an_amount(in_memory: Factory) -> None:
    bench = in_memory(extended_result=False)
    answer = bench.pay(4210)
    assert answer.verdict is ChargeVerdict.APPROVED
    assert answer.transaction is not None
    assert answer.transaction.amount is None
    assert bench.terminal.seen == ["E", "P"]


def test_a_lost_payment_without_the_extended_result_is_found_by_the_totals(in_memory: Factory) -> None:
    bench = in_memory(scripted("silence_charged"), extended_result=False)
    baseline = bench.reader.baseline(timeout=5, tick=nothing)
    bench.pay(4210)
    answer = bench.reader.resolve(4210, baseline, on_result=bench.results.append, **bench.waiting())
    assert answer.verdict is ChargeVerdict.APPROVED


def test_a_reader_that_prints_by_itself_is_not_asked_for_its_receipt(in_memory: Factory) -> None:
    bench = in_memory(print_on="terminal")
    assert bench.pay(4210).receipt == ()
    assert bench.terminal.seen == ["X"]


@pytest.mark.parametrize("style", ["columns", "separated", "none"])
def test_a_receipt_of_either_style_arrives_whole(in_memory: Factory, style: str) -> None:
    bench = in_memory(Script(Traits(receipt=style)))  # type: ignore[arg-type]
    receipt = bench.pay(4210).receipt
    assert ("EUR 42,10" in "".join(receipt)) is (style != "none")
    if style != "none":
        assert bench.reader.reprint(timeout=20, tick=nothing) == receipt


def test_a_reader_that_refuses_to_print_here_still_takes_payments(in_memory: Factory) -> None:
    bench = in_memory(Script(questions=(Question("E", "nak"),)))
    assert bench.pay(4210).verdict is ChargeVerdict.APPROVED


def test_a_reference_is_cleaned_of_what_a_reader_takes_for_control(in_memory: Factory) -> None:
    bench = in_memory()
    bench.pay(100, "àB\x03{C^" + "9" * 200)
    assert bench.terminal.memory.ledger[0].reference.startswith("?B??C?999")
    assert len(bench.terminal.memory.ledger[0].reference) == 128


@pytest.mark.parametrize("name", ["silence", "nak", "unknown_code"])
def test_a_reversal_in_doubt_is_never_approved(in_memory: Factory, name: str) -> None:
    bench = in_memory(Script(reversals=(ANSWERS[name],)))
    bench.pay(4210)
    answer = bench.reader.reverse("000001", on_result=bench.results.append, **bench.waiting())
    expected = ReversalVerdict.NOT_STARTED if name == "nak" else ReversalVerdict.UNCERTAIN
    assert answer.verdict is expected
    assert bench.results[-1].verdict is expected


@pytest.mark.parametrize("stan", ["000000", "", "42", "00004A", "٠٠٠٠٤٢"])
def test_a_reversal_without_its_transaction_is_refused(in_memory: Factory, stan: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        in_memory().reader.reverse(stan, timeout=1, tick=nothing, on_result=lambda _answer: None)


# --- lines that fail ---


def test_a_reader_that_is_not_there(tmp_path: Path) -> None:
    reader = Ecr17CardReader(Ecr17Options(str(tmp_path / "none")), fingerprint_key=KEY)
    with pytest.raises(DeviceAbsent, match="non trovata"):
        reader.status(timeout=1, tick=nothing)
    results: list[ChargeAnswer] = []
    answer = reader.pay(100, reference="", timeout=1, tick=nothing, on_result=results.append)
    assert answer.verdict is ChargeVerdict.NOT_STARTED
    assert answer.reason.endswith("Nessun addebito.")
    assert results == [answer]
    reader.listen(timeout=0.01, tick=nothing)


def test_a_connection_that_ends_at_once_charges_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = f"socket://127.0.0.1:{busy.getsockname()[1]}"
        reader = Ecr17CardReader(Ecr17Options(port, acknowledgement_seconds=0.05), fingerprint_key=KEY)
        busy.settimeout(0.05)
        answer = reader.pay(100, reference="", timeout=1, tick=lambda: _hang_up(busy), on_result=_ignore)
        assert answer.verdict is ChargeVerdict.NOT_STARTED
        reader.close()


def _hang_up(busy: socket.socket) -> None:
    with contextlib.suppress(TimeoutError):
        busy.accept()[0].close()


class BlockedLink:
    """A line that takes nothing more once `writes` frames have left."""

    def __init__(self, inner: Link, writes: int) -> None:
        self._inner, self._writes = inner, writes

    def read(self, *, timeout: float) -> bytes:
        return self._inner.read(timeout=timeout)

    def write(self, data: bytes, *, timeout: float) -> None:
        if not self._writes:
            raise DeviceUnanswered("Porta double non risponde: controllare alimentazione e cavo.")
        self._writes -= 1
        self._inner.write(data, timeout=timeout)

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize(("writes", "verdict"), [(0, "not_started"), (1, "uncertain"), (2, "approved")])
def test_a_blocked_line_is_doubt_once_the_payment_began_to_leave(
    clock: VirtualClock, writes: int, verdict: str
) -> None:
    cable = WiredTerminal(SimulatedTerminal(), clock)
    reader = Ecr17CardReader(
        Ecr17Options("double:"),
        fingerprint_key=KEY,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        connect=lambda: BlockedLink(cable.connect(), writes),
    )
    answer = reader.pay(100, reference="", timeout=300, tick=nothing, on_result=_ignore)
    assert answer.verdict == verdict


# --- what never leaves ---


def test_no_card_number_is_seen_outside_the_codec(in_memory: Factory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench = in_memory(Script(Traits(card=CANARY)))
    answer = bench.pay(4210)
    baseline = bench.reader.baseline(timeout=5, tick=nothing)
    everything = repr(
        (answer, bench.results, baseline, bench.reader.reprint(timeout=9, tick=nothing), vars(bench.reader))
    )
    assert answer.transaction is not None
    assert answer.transaction.card_last4 == "1232"
    assert "1232" in "".join(answer.receipt)
    for part in (CANARY, CANARY[:12], CANARY[4:]):
        assert part not in everything + caplog.text


def test_equal_results_have_equal_fingerprints_under_one_key_only(in_memory: Factory) -> None:
    first = in_memory().pay(4210).transaction
    assert first is not None
    assert len(first.fingerprint) == 64
    assert first.fingerprint == _fingerprint(
        "123456780E00000************4321CLIA000013251015288105000005000001000001000000042100000000000"
    )


@pytest.mark.parametrize(
    "wrong", [{"terminal_id": "123456789"}, {"terminal_id": "1A"}, {"cash_register_id": ""}, {"poll_seconds": -1.0}]
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Ecr17Options("double:", **wrong)
