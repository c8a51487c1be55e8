"""What became of an uncertain charge (ecr17.md 3.3): listen, re-open, status until idle, last result, totals."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.conversation import TICK_SECONDS, Conversation, Handler
from drivers.card_reader.ecr17.judgement import fingerprint, judge_charge, transaction_of
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.questions import Questions
from drivers.card_reader.ecr17.recovery import Evidence, verdict
from drivers.contracts import Baseline, ChargeAnswer, ChargeVerdict, Tick
from drivers.errors import DeviceError, DeviceRefused

IDLE_ANSWERS = 2  # in a row, before "unchanged" may prove anything
DIRECT = frozenset({ChargeVerdict.APPROVED, ChargeVerdict.DECLINED, ChargeVerdict.OTHER_AMOUNT})


@dataclass(frozen=True)
class Charge:
    """The charge in doubt. `ours`: this process sent it, and has seen no result since."""

    amount: int
    baseline: Baseline | None
    ours: bool


class Inquiry:
    """One attempt to settle a charge. Sends nothing that moves money."""

    def __init__(
        self, charge: Charge, options: Ecr17Options, conversation: Conversation, questions: Questions, key: bytes
    ) -> None:
        self._charge = charge
        self._options = options
        self._conversation = conversation
        self._questions = questions
        self._key = key
        self._clock = questions.clock
        self._idle_answers = 0
        self._obstacle = words.UNPROVEN
        self._answer: ChargeAnswer | None = None
        self._receipt_follows = False

    def settle(self, *, timeout: float, tick: Tick, on_result: Callable[[ChargeAnswer], None]) -> ChargeAnswer:
        """Ask and listen until the charge is decided or `timeout` seconds are over; hand the answer over once."""
        deadline = self._clock.monotonic() + timeout
        to_others = self._conversation.on_late
        self._conversation.on_late = lambda payload: self._take_late(payload, to_others, on_result)
        try:
            while self._answer is None and self._clock.monotonic() < deadline:
                self._look(deadline, tick, on_result)
                self._wait(deadline, tick)
            if self._receipt_follows:
                self._acknowledge_receipt(tick)
        finally:
            self._conversation.on_late = to_others
        return self._answer or self._decide(ChargeAnswer(ChargeVerdict.UNCERTAIN, self._obstacle), on_result)

    def _decide(self, answer: ChargeAnswer, on_result: Callable[[ChargeAnswer], None]) -> ChargeAnswer:
        on_result(answer)
        self._answer = answer
        return answer

    # --- what comes by itself ---

    def _take_late(self, payload: bytes, to_others: Handler, on_result: Callable[[ChargeAnswer], None]) -> None:
        """A reader sends a result unasked only for a command of the till.

        So one that differs from the baseline answers the charge that came after that baseline.
        """
        known = self._charge.baseline.last_result if self._charge.baseline else None
        answer = judge_charge(payload, self._charge.amount, self._key)
        attributable = self._charge.ours if known is None else fingerprint(payload, self._key) != known
        if self._answer is None and attributable and answer.verdict in DIRECT:
            self._decide(answer, on_result)
            self._receipt_follows = True
        else:
            to_others(payload)

    # --- asking ---

    def _look(self, deadline: float, tick: Tick, on_result: Callable[[ChargeAnswer], None]) -> None:
        """Ask once: status, and when it is idle last result and totals."""
        try:
            baseline = self._charge.baseline
            if self._is_idle(deadline, tick) and baseline is not None and baseline.last_result is not None:
                self._compare(baseline, deadline, tick, on_result)
        except DeviceError as error:
            self._idle_answers = 0
            self._obstacle = str(error)

    def _is_idle(self, deadline: float, tick: Tick) -> bool:
        status = self._questions.status(timeout=self._questions.time_left(deadline), tick=tick)
        ready, description = words.status_words(status, None)
        self._idle_answers = self._idle_answers + 1 if ready else 0
        self._obstacle = words.UNPROVEN if ready else description
        return ready

    def _compare(
        self, baseline: Baseline, deadline: float, tick: Tick, on_result: Callable[[ChargeAnswer], None]
    ) -> None:
        payload = self._saved(baseline, deadline, tick)
        last = transaction_of(payload, self._key) if payload else None
        totals = None
        if baseline.totals is not None:
            totals = self._questions.totals(timeout=self._questions.time_left(deadline), tick=tick)
        found = verdict(self._charge.amount, baseline, Evidence(last, totals, idle=self._is_surely_idle()))
        if self._answer is None and found is not ChargeVerdict.UNCERTAIN:
            is_new = last is not None and last.fingerprint != baseline.last_result
            self._decide(ChargeAnswer(found, words.RESOLVED[found], last if is_new else None), on_result)
            if payload and is_new:
                self._conversation.settle(payload)

    def _is_surely_idle(self) -> bool:
        """Twice idle, and nothing heard of the charge for as long as a card phase can last."""
        if self._conversation.heard_at is None:
            self._conversation.heard_at = self._clock.monotonic()
        quiet = self._clock.monotonic() - self._conversation.heard_at >= self._options.quiet_seconds
        return quiet and self._idle_answers >= IDLE_ANSWERS

    def _saved(self, baseline: Baseline, deadline: float, tick: Tick) -> bytes | None:
        """Return the last result; a reader that had none to tell before may still refuse."""
        try:
            return self._questions.last_result(timeout=self._questions.time_left(deadline), tick=tick)
        except DeviceRefused:
            if baseline.last_result:
                raise
            return None

    def _acknowledge_receipt(self, tick: Tick) -> None:
        """Let the reader get rid of its receipt, or it stays busy; the text can be had again with a reprint."""
        with contextlib.suppress(DeviceError):
            self._conversation.listen(timeout=self._options.receipt_seconds, tick=tick)

    # --- waiting ---

    def _wait(self, deadline: float, tick: Tick) -> None:
        """Listen until the next look; without a line there is only the clock."""
        until = min(deadline, self._clock.monotonic() + self._options.poll_seconds)
        try:
            self._conversation.listen(
                timeout=self._questions.time_left(until), tick=tick, enough=lambda: self._answer is not None
            )
        except DeviceError as error:
            self._obstacle = str(error)
            while (left := until - self._clock.monotonic()) > 0 and self._answer is None:
                self._clock.sleep(min(left, TICK_SECONDS))
                tick()
