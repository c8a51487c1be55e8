"""Talking with a printer over an open line: questions in real time, what it pushes, emptying what it still holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.contracts import Tick
from drivers.link import Link
from drivers.printer.proof import ASK_SENSORS
from drivers.printer.status import QUESTIONS, RealTimeStatus, Reply, ReplyReader, TransmittedStatus, is_cleared

ASK = b"\x10\x04"  # DLE EOT n
CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")  # DLE DC4, function 8: clear receive and print buffer
TICK = 0.5  # seconds between two ticks while waiting; the contract asks for at least one a second


@dataclass(frozen=True)
class Limits:
    """How long to wait for what, in seconds. Real-time answers take milliseconds, also offline.

    `opening` is for connecting to a network printer, `clearing` lets a printer finish the line it is at, `grace` is
    how long a stronger proof may come after a weaker one.
    """

    opening: float = 5.0
    answer: float = 0.5
    clearing: float = 1.0
    grace: float = 1.0


class Conversation:
    """One open line and the replies on it; `tick` is called while it waits.

    Raises DeviceUnanswered when the line is gone or blocked.
    """

    def __init__(self, link: Link, *, limits: Limits, monotonic: Callable[[], float], tick: Tick) -> None:
        self._link = link
        self._limits = limits
        self._monotonic = monotonic
        self._tick = tick
        self._reader = ReplyReader()

    def close(self) -> None:
        """Let go of the line."""
        self._link.close()

    def replies(self, *, timeout: float) -> list[Reply]:
        """What the printer said by now, or first says within `timeout` seconds."""
        return self._reader.feed(self._link.read(timeout=timeout))

    def send(self, data: bytes, *, timeout: float) -> None:
        """Hand over `data` within `timeout` seconds."""
        self._link.write(data, timeout=timeout)

    def drain(self) -> None:
        """Forget what was said before: a stale answer must not be taken for a new one."""
        while self._link.read(timeout=0.0):
            pass
        self._reader = ReplyReader()

    def answers(self, *, timeout: float) -> dict[int, int]:
        """The answers to DLE EOT 1 to 4 by number; a printer that does not answer the first is not asked on."""
        deadline = self._monotonic() + timeout
        found: dict[int, int] = {}
        for question in QUESTIONS:
            answer = self._answer(question, min(self._limits.answer, max(deadline - self._monotonic(), 0.0)))
            if answer is None:
                break
            found[question] = answer
        return found

    def clear(self) -> bool:
        """Have the printer forget the rest of the job; whether it said that it did."""
        self.send(CLEAR, timeout=self._limits.answer)
        return self._until(is_cleared, self._limits.clearing)

    def settle(self, *, owed: int, timeout: float) -> None:
        """Wait for what an earlier job made the printer owe, where it cannot be cleared: else it would prove the next.

        `owed` barriers (GS r) of that job are unanswered; the answer to one of our own comes after theirs.
        """
        self.send(ASK_SENSORS, timeout=self._limits.answer)
        seen: list[Reply] = []

        def all_answered(replies: Sequence[Reply]) -> bool:
            seen.extend(reply for reply in replies if isinstance(reply, TransmittedStatus))
            return len(seen) > owed

        if self._until(all_answered, timeout):
            while self.replies(timeout=self._limits.answer):
                self._tick()
        self.drain()

    def _answer(self, question: int, limit: float) -> int | None:
        self.send(ASK + bytes([question]), timeout=limit)
        seen: list[int] = []

        def answered(replies: Sequence[Reply]) -> bool:
            seen.extend(reply.byte for reply in replies if isinstance(reply, RealTimeStatus))
            return bool(seen)

        self._until(answered, limit)
        return seen[0] if seen else None

    def _until(self, done: Callable[[Sequence[Reply]], bool], limit: float) -> bool:
        deadline = self._monotonic() + limit
        while (left := deadline - self._monotonic()) > 0:
            if done(self.replies(timeout=min(left, TICK))):
                return True
            self._tick()
        return False
