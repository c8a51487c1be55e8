"""What may be asked of a reader at any time, because it moves no money: status, last result, totals, reprint."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from drivers.card_reader.ecr17 import words
from drivers.card_reader.ecr17.conversation import Conversation, Spoken
from drivers.card_reader.ecr17.layout import Value
from drivers.card_reader.ecr17.messages import (
    CARD_RESULTS,
    SessionClosed,
    StatusReply,
    closed_reply,
    request,
    status_reply,
    totals_reply,
)
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.replies import APPROVED
from drivers.card_reader.ecr17.steps import Command, Ending
from drivers.contracts import Tick
from drivers.errors import DeviceRefused, DeviceUnanswered

REPLIES_TO = {"s": frozenset("s"), "G": CARD_RESULTS, "T": frozenset("T"), "E": frozenset[str](), "R": frozenset[str]()}
PRINTED = {"R": 3.0, "T": 0.5}  # seconds until nothing more of a receipt comes; real readers pause 0.2 s at most
Asked = TypeVar("Asked")


@dataclass(frozen=True)
class Waiting:
    """The clock, in seconds, and the way to let time pass where no line can be waited on."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class Questions:
    """Harmless requests over one conversation. Each raises DeviceAbsent, DeviceRefused or DeviceUnanswered."""

    def __init__(self, options: Ecr17Options, conversation: Conversation, clock: Waiting) -> None:
        self.clock = clock
        self._options = options
        self._conversation = conversation

    def status(self, *, timeout: float, tick: Tick) -> StatusReply:
        """Ask `s`."""
        seconds = self._options.status_seconds
        reply = status_reply(self._answer("s", seconds, timeout, tick))
        if reply is None:
            raise DeviceUnanswered(words.NO_USABLE_STATUS)
        return reply

    def last_result(self, *, timeout: float, tick: Tick) -> bytes:
        """Ask `G`: the payload of the last saved result."""
        return self._answer("G", self._options.answer_seconds, timeout, tick, **self._till())

    def totals(self, *, timeout: float, tick: Tick) -> int:
        """Ask `T`: the reader's totals in cents. DeviceRefused also when it answers that it has none.

        A reader may print them: on our side, where nobody needs them, rather than on its own paper.
        """
        deadline = self.clock.monotonic() + timeout
        self.print_on_ecr(timeout=timeout, tick=tick)
        timeout = self.time_left(deadline)
        reply = totals_reply(self._answer("T", self._options.answer_seconds, timeout, tick, **self._till()))
        if reply is None or reply.result != APPROVED or reply.total is None:
            raise DeviceRefused(words.NO_TOTALS)
        return reply.total

    def close_session(self, *, timeout: float, tick: Tick) -> SessionClosed:
        """Send `C`, once: it empties the totals, so it is never repeated on a timer."""
        deadline = self.clock.monotonic() + timeout
        self.print_on_ecr(timeout=timeout, tick=tick)
        self._conversation.prepare(tick)
        left = self.time_left(deadline)
        payload = request("C", self._options.terminal_id, **self._till())
        command = Command(payload, self._options.money_limits(left), frozenset("C"), money=True, receipt=True)
        spoken = self._conversation.run(command, timeout=left, tick=tick)
        self._check(spoken)
        reply = closed_reply(spoken.payload or b"")
        if reply is None:
            raise DeviceUnanswered(words.QUESTION_ENDINGS[Ending.INTERRUPTED])
        return reply

    def if_offered(self, ask: Callable[..., Asked], *, timeout: float, tick: Tick) -> Asked | None:
        """Ask; None when an idle reader refused twice. A reader that is merely busy refuses too: that raises."""
        deadline = self.clock.monotonic() + timeout
        for _ in range(2):
            with contextlib.suppress(DeviceRefused):
                return ask(timeout=self.time_left(deadline), tick=tick)
            ready, description = words.status_words(self.status(timeout=self.time_left(deadline), tick=tick), None)
            if not ready:
                raise DeviceRefused(description)
        return None

    def print_on_ecr(self, *, timeout: float, tick: Tick) -> None:
        """Send `E1`, where the profile wants it. A reader that refuses prints by itself, which is no fault."""
        if self._options.print_on == "ecr":
            spoken = self._ask("E", self._options.status_seconds, timeout, tick, print_on_ecr="1")
            if spoken.ending is not Ending.REFUSED:
                self._check(spoken)

    def reprint(self, *, timeout: float, tick: Tick) -> str:
        """Send `R`: the last financial ticket, as raw text."""
        spoken = self._ask("R", self._options.answer_seconds, timeout, tick, to_ecr=True)
        self._check(spoken)
        return spoken.receipt

    def time_left(self, deadline: float) -> float:
        """Return the seconds until `deadline`, at least none."""
        return max(0.0, deadline - self.clock.monotonic())

    def _till(self) -> dict[str, Value]:
        return {"cash_register_id": self._options.cash_register_id}

    def _answer(self, code: str, seconds: float, timeout: float, tick: Tick, **values: Value) -> bytes:
        spoken = self._ask(code, seconds, timeout, tick, **values)
        self._check(spoken)
        return spoken.payload or b""

    def _ask(self, code: str, seconds: float, timeout: float, tick: Tick, **values: Value) -> Spoken:
        payload = request(code, self._options.terminal_id, **values)
        limits = self._options.question_limits(seconds, PRINTED.get(code, 0.0))
        is_printed = code == "R" or (code in PRINTED and self._options.print_on == "ecr")
        command = Command(payload, limits, REPLIES_TO[code], receipt=is_printed)
        return self._conversation.run(command, timeout=timeout, tick=tick)

    def _check(self, spoken: Spoken) -> None:
        if spoken.ending is Ending.ANSWERED:
            return
        kind = DeviceRefused if spoken.ending is Ending.REFUSED else DeviceUnanswered
        raise kind(words.QUESTION_ENDINGS[spoken.ending])
