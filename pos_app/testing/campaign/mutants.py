"""Terminals with one rule switched off each, made by what they are given: a campaign that misses one proves nothing.

The first ten are those of reliability.md 6, the others those of the campaign's own list. Each names the schedules in
which it can show itself; the sound terminal lives through the same ones without a breach.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.contracts import (
    Baseline,
    CardTransaction,
    ChargeAnswer,
    ChargeVerdict,
    ReaderStatus,
    ReversalAnswer,
    Tick,
)
from drivers.errors import DeviceError
from drivers.link import Link
from pos_app.actions import activation, card, outcome, paper
from pos_app.actions.activation import new_key
from pos_app.desk import Limits, PaymentInProgress
from pos_app.domain import events as e
from pos_app.domain.fold import Record
from pos_app.domain.states import State
from pos_app.journal.chain import Tip
from pos_app.journal.head import HeadMirror
from pos_app.journal.journal import PaymentJournal
from pos_app.psp import wire
from pos_app.psp.transport import Answer, Transport, Unanswered
from pos_app.sandbox.soap import NODE
from pos_app.terminal import ACTIONS, Action
from pos_app.testing.campaign.disk import Disk, FolderDisk, MemoryDisk
from pos_app.testing.campaign.plan import Plan
from pos_app.testing.campaign.world import Making

_MONEY_CODE = slice(10, 11)  # in a frame: STX, eight digits, a zero, the code
_PATIENCE = 3.0
_MANY = 256  # bytes
_SEEDS = 200


@dataclass(frozen=True)
class Mutant:
    """What is wrong with it, how it is made, and in which schedules that can show."""

    sentence: str
    making: Making
    plan: Plan = field(default_factory=lambda: Plan(0))

    def plans(self) -> list[Plan]:
        """The schedules, told apart by their seeds."""
        return [replace(self.plan, seed=seed) for seed in range(_SEEDS)]


# --- the disk ------------------------------------------------------------------------------------


class LyingDisk:
    """Says that a record is durable before it is: at the first power cut the last ones are gone."""

    def __init__(self, inner: Disk) -> None:
        self._inner = inner
        self._to_lose = 3

    def open(self) -> PaymentJournal:
        """See Disk."""
        return self._inner.open()

    def let_go(self) -> None:
        """See Disk."""
        if isinstance(self._inner, MemoryDisk):
            self._inner.cut(min(self._to_lose, len(self._inner.lines)))
            self._to_lose = 0
        self._inner.let_go()

    def records(self) -> list[Record]:
        """See Disk."""
        return self._inner.records()

    def text_of(self, event: e.Event) -> str:
        """See Disk."""
        return self._inner.text_of(event)

    def refold(self) -> None:
        """See Disk."""
        self._inner.refold()


class HeadlessDisk:
    """Takes whatever the chain ends in for its head: a journal that was cut short is as good as any."""

    def __init__(self, inner: Disk) -> None:
        self._inner = inner

    @property
    def folder(self) -> Path:
        """Where the files are."""
        assert isinstance(self._inner, FolderDisk)
        return self._inner.folder

    def open(self) -> PaymentJournal:
        """See Disk."""
        for path in self.folder.glob("journal/*.db"):
            _head_from_chain(path)
        return self._inner.open()

    def let_go(self) -> None:
        """See Disk."""
        self._inner.let_go()

    def records(self) -> list[Record]:
        """See Disk."""
        return self._inner.records()

    def text_of(self, event: e.Event) -> str:
        """See Disk."""
        return self._inner.text_of(event)

    def refold(self) -> None:
        """See Disk."""
        self._inner.refold()


def _head_from_chain(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        last = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    head = path.parent / "head"
    if last is not None and head.exists():
        head.unlink()
        mirror = HeadMirror(head)
        mirror.open()
        mirror.write(Tip(*last))
        mirror.close()


# --- the line ------------------------------------------------------------------------------------


class ResendingLink:
    """Sends a money frame again when nothing came for a while, as if it could only have been lost."""

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self._unanswered: bytes | None = None
        self._waited = 0.0

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        data = self._inner.read(timeout=timeout)
        self._waited = 0.0 if data else self._waited + timeout
        if data:
            self._unanswered = None
        elif self._unanswered is not None and self._waited >= _PATIENCE / 2:
            frame, self._unanswered = self._unanswered, None
            self._inner.write(frame, timeout=1.0)
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        if data[_MONEY_CODE] in (b"X", b"P"):
            self._unanswered, self._waited = data, 0.0
        self._inner.write(data, timeout=timeout)

    def close(self) -> None:
        """See Link.close."""
        self._inner.close()


class GreedyLink:
    """Reads so many bytes at a time: what it has when the device vanishes is lost with it (reliability.md L1)."""

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self._held = b""

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        while len(self._held) < _MANY:
            held, self._held = self._held, b""
            data = self._inner.read(timeout=timeout)  # if this raises, what was held is gone
            self._held = held + data
            if not data:
                break
        held, self._held = self._held, b""
        return held

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        self._inner.write(data, timeout=timeout)

    def close(self) -> None:
        """See Link.close."""
        self._inner.close()


def flushing(link: Link) -> Link:
    """Throw away what waits on a line that was just opened."""
    while link.read(timeout=0.0):
        pass
    return link


# --- the network ---------------------------------------------------------------------------------


class FollowingTransport:
    """Follows a redirect, password and all, and believes what stands there: a machine that says OK to everything."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post."""
        try:
            return self._inner.post(data, soap_action=soap_action, timeout=timeout)
        except Unanswered as refused:
            if not re.match("HTTP 30", str(refused)) or not soap_action.startswith("sendPaymentOutcome"):
                raise
            return Answer(wire.envelope(NODE.answer(NODE.operations[soap_action])))


class RefundingTransport:
    """Takes "already acquired" for somebody else's payment."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post."""
        answer = self._inner.post(data, soap_action=soap_action, timeout=timeout)
        return Answer(answer.data.replace(b"PPT_ESITO_GIA_ACQUISITO", b"PPT_PAGAMENTO_DUPLICATO"), answer.status)


# --- the reader ----------------------------------------------------------------------------------

OnResult = Callable[[ChargeAnswer], None]


class PlainReader:
    """The reader as it is: what a mutant doesn't change."""

    def __init__(self, inner: Ecr17CardReader) -> None:
        self.inner = inner

    @property
    def on_late(self) -> Callable[[CardTransaction], None]:
        """See CardReader."""
        return self.inner.on_late

    @on_late.setter
    def on_late(self, take: Callable[[CardTransaction], None]) -> None:
        self.inner.on_late = take

    @property
    def on_progress(self) -> Callable[[str], None]:
        """See CardReader."""
        return self.inner.on_progress

    @on_progress.setter
    def on_progress(self, show: Callable[[str], None]) -> None:
        self.inner.on_progress = show

    def status(self, *, timeout: float, tick: Tick) -> ReaderStatus:
        """See CardReader.status."""
        return self.inner.status(timeout=timeout, tick=tick)

    def baseline(self, *, timeout: float, tick: Tick) -> Baseline:
        """See CardReader.baseline."""
        return self.inner.baseline(timeout=timeout, tick=tick)

    def pay(self, amount: int, *, reference: str, timeout: float, tick: Tick, on_result: OnResult) -> ChargeAnswer:
        """See CardReader.pay."""
        return self.inner.pay(amount, reference=reference, timeout=timeout, tick=tick, on_result=on_result)

    def resolve(
        self, amount: int, baseline: Baseline | None, *, timeout: float, tick: Tick, on_result: OnResult
    ) -> ChargeAnswer:
        """See CardReader.resolve."""
        return self.inner.resolve(amount, baseline, timeout=timeout, tick=tick, on_result=on_result)

    def reverse(
        self, stan: str, *, timeout: float, tick: Tick, on_result: Callable[[ReversalAnswer], None]
    ) -> ReversalAnswer:
        """See CardReader.reverse."""
        return self.inner.reverse(stan, timeout=timeout, tick=tick, on_result=on_result)

    def listen(self, *, timeout: float, tick: Tick) -> None:
        """See CardReader.listen."""
        self.inner.listen(timeout=timeout, tick=tick)

    def close(self) -> None:
        """See CardReader.close."""
        self.inner.close()


class TrustingReader(PlainReader):
    """Takes the last approval of the right amount for this one's, whatever the baseline says."""

    def resolve(
        self, amount: int, baseline: Baseline | None, *, timeout: float, tick: Tick, on_result: OnResult
    ) -> ChargeAnswer:
        """See CardReader.resolve."""
        try:
            last = self.inner.last(timeout=timeout, tick=tick)
        except DeviceError:
            last = None
        if last is None or not last.approved or last.amount != amount:
            return self.inner.resolve(amount, baseline, timeout=timeout, tick=tick, on_result=on_result)
        answer = ChargeAnswer(ChargeVerdict.APPROVED, "ultimo esito", last)
        on_result(answer)
        return answer


class HastyReader(PlainReader):
    """Acknowledges the reader first, and tells the answer afterwards."""

    def pay(self, amount: int, *, reference: str, timeout: float, tick: Tick, on_result: OnResult) -> ChargeAnswer:
        """See CardReader.pay."""
        answer = self.inner.pay(amount, reference=reference, timeout=timeout, tick=tick, on_result=_keep_quiet)
        on_result(answer)
        return answer


def _keep_quiet(_answer: ChargeAnswer) -> None:
    """Nobody is told yet."""


# --- what the terminal does ----------------------------------------------------------------------


def take_silence_for_a_decline(run: PaymentInProgress) -> None:
    """KO on unknown."""
    run.record(e.CardNotCharged("silenzio"))


def report_under_a_new_key_each_time(run: PaymentInProgress) -> None:
    """Every try is a request of its own."""
    before, key = run.payment.pending_outcome, new_key(run)
    if before is None:
        outcome.send(run)
        return
    again = e.OutcomeIntended(before.verdict, key, before.body.replace(before.key, key))
    run.record(again)
    run.record(run.desk.psp.send_outcome(again.body, verdict=again.verdict, timeout=run.desk.limits.outcome))


def print_before_the_answer(run: PaymentInProgress) -> None:
    """The citizen is told "eseguito" as soon as the card was charged."""
    if not run.payment.copies:
        paper.print_slip(run, "customer")
    outcome.report(run)


def close_what_is_abandoned(run: PaymentInProgress) -> None:
    """Nobody waits for the activation's answer, so nobody asks for it again."""
    activation.activate(run)
    if run.payment.state is State.RELEASING:
        run.record(e.LockExpired())


def repeat_an_answered_refusal(run: PaymentInProgress) -> None:
    """The same bytes under the same key, although that key was answered."""
    pending = run.payment.pending_outcome
    if pending is None or not run.payment.new_key_due:
        outcome.report(run)
        return
    run.record(run.desk.psp.send_outcome(pending.body, verdict=pending.verdict, timeout=run.desk.limits.outcome))


def reverse_what_is_unknown(run: PaymentInProgress) -> None:
    """Rather give back too much than ask a person."""
    reader, desk = run.desk.reader, run.desk
    try:
        last = reader.inner.last(timeout=15, tick=desk.tick) if isinstance(reader, PlainReader) else None
    except DeviceError:
        last = None
    if last is None:
        card.resolve(run)
        return
    run.record(e.RecoveryExhausted("per prudenza"))
    run.record(e.ReversalStarted(last.stan))
    reader.reverse(last.stan, timeout=300, tick=desk.tick, on_result=lambda _answer: None)


def _with(state: State, action: Action) -> Making:
    return Making(actions={**ACTIONS, state: action})


_LOST = Plan(0, faults=("S4",))
_TWICE = Plan(0, faults=("S14",))

MUTANTS: Mapping[str, Mutant] = {
    "lying_disk": Mutant(
        "synchronous=NORMAL: records are not durable when they are said to be",
        Making(disk=LyingDisk),
        Plan(0, faults=("K4",)),
    ),
    "resent_charge": Mutant(
        "the charge is sent again when no ACK came", Making(link=ResendingLink), Plan(0, faults=("S1",))
    ),
    "no_baseline": Mutant("the last result counts, whatever the baseline", Making(reader=TrustingReader), _TWICE),
    "hasty_ack": Mutant("the reader is acknowledged before the record", Making(reader=HastyReader)),
    "silence_is_ko": Mutant(
        "an unknown charge is reported KO", _with(State.CHARGE_UNCERTAIN, take_silence_for_a_decline), _LOST
    ),
    "new_key": Mutant(
        "every try has a key of its own",
        _with(State.REPORTING_OK, report_under_a_new_key_each_time),
        Plan(0, faults=("P5",)),
    ),
    "greedy_read": Mutant(
        "read(n) instead of what is there", Making(link=GreedyLink), Plan(0, faults=("S10",), baseline="none")
    ),
    "redirect": Mutant("redirects are followed", Making(network=FollowingTransport), Plan(0, faults=("P7",))),
    "no_head": Mutant("no head beside the chain", Making(disk=HeadlessDisk), Plan(0, faults=("K5",), real_disk=True)),
    "early_receipt": Mutant(
        "'eseguito' is printed before the answer", _with(State.REPORTING_OK, print_before_the_answer)
    ),
    "refund_when_acquired": Mutant(
        "GIA_ACQUISITO is taken for a refund", Making(network=RefundingTransport), Plan(0, faults=("P23",))
    ),
    "flushed": Mutant(
        "what waits on the line is flushed", Making(link=flushing), Plan(0, faults=("S9",), baseline="none")
    ),
    "abandoned_is_closed": Mutant(
        "an abandoned activation is closed",
        _with(State.ACTIVATING, close_what_is_abandoned),
        Plan(0, faults=("P4",), fickle=60),
    ),
    "same_key": Mutant(
        "the same key after an answered KO",
        _with(State.REPORTING_OK, repeat_an_answered_refusal),
        Plan(0, faults=("P20",)),
    ),
    "no_budget": Mutant(
        "the token budget is off",
        Making(limits=Limits(first_outcome_tries=-300.0)),
        Plan(0, faults=("O8",), token_seconds=600),
    ),
    "unknown_reversed": Mutant(
        "an unknown charge is reversed",
        Making(actions={**ACTIONS, State.CHARGE_UNCERTAIN: reverse_what_is_unknown}, reader=PlainReader),
        _TWICE,
    ),
}
