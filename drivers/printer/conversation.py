"""Talking with a printer over an open line: questions in real time, what it pushes, emptying what it still holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.contracts import Tick
from drivers.link import Link, discard_unsent
from drivers.printer.proof import Answers
from drivers.printer.status import QUESTIONS, RealTimeStatus, Reply, ReplyReader, is_cleared

ASK = b"\x10\x04"  # DLE EOT n
CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")  # DLE DC4, function 8: clear receive and print buffer
TICK = 0.5  # seconds between two ticks while waiting; the contract asks for at least one a second
LAST_WORD = 2.5  # seconds for all four questions
HUSH = 10  # times the limit of an answer: a line that chatters on is not listened to for longer


@dataclass(frozen=True)
class Limits:
    """How long to wait for what, in seconds. Real-time answers take milliseconds, also offline.

    `opening` is for connecting to a network printer, `clearing` lets a printer finish the line it is at, `grace` is
    how long one that began to answer may take to go on, `restart` lets it finish what a process that died has sent.
    """

    opening: float = 5.0
    answer: float = 0.5
    clearing: float = 1.0
    grace: float = 1.0
    restart: float = 3.0


class Conversation:
    """One open line and the replies on it, each of which `taken` takes note of; `tick` is called while it waits.

    Raises DeviceUnanswered when the line is gone or blocked.
    """

    def __init__(
        self, link: Link, answers: Answers, *, limits: Limits, monotonic: Callable[[], float], tick: Tick
    ) -> None:
        self.taken = answers
        self.limits = limits
        self.monotonic = monotonic
        self.tick = tick
        self._link = link
        self._reader = ReplyReader()

    def close(self) -> None:
        """Let go of the line."""
        self._link.close()

    def abandon(self) -> None:
        """Let go of a line that is gone or blocked; what has not left by now never will."""
        discard_unsent(self._link)
        self._link.close()

    def replies(self, *, timeout: float) -> list[Reply]:
        """What the printer said by now, or first says within `timeout` seconds."""
        replies = self._reader.feed(self._link.read(timeout=timeout))
        self.taken.take(replies)
        return replies

    def send(self, data: bytes, *, timeout: float) -> None:
        """Hand over `data` within `timeout` seconds."""
        self._link.write(data, timeout=timeout)

    def forget_what_waits(self) -> None:
        """What is on a line when it is opened may begin in the middle of a reply: it counts for nothing."""
        while self._link.read(timeout=0.0):
            self.tick()

    def drain(self) -> None:
        """Take what was said before: a stale answer must not be taken for a new one."""
        while self.replies(timeout=0.0):
            self.tick()

    def hush(self) -> None:
        """Listen until nothing comes for as long as an answer may take."""
        deadline = self.monotonic() + HUSH * self.limits.answer
        while self.replies(timeout=self.limits.answer) and self.monotonic() < deadline:
            self.tick()

    def answers(self, *, timeout: float) -> dict[int, int]:
        """The answers to DLE EOT 1 to 4 by number; a printer that does not answer the first is not asked on."""
        deadline = self.monotonic() + timeout
        found: dict[int, int] = {}
        for question in QUESTIONS:
            answer = self._answer(question, min(self.limits.answer, max(deadline - self.monotonic(), 0.0)))
            if answer is None:
                break
            found[question] = answer
        return found

    def is_there(self, *, timeout: float) -> bool:
        """Whether the printer answers a question in real time now: busy, full or stopped, but not without power."""
        return self._answer(QUESTIONS[0], timeout) is not None

    def clear(self) -> bool:
        """Have the printer forget the rest of the job; whether it said that it did."""
        self.send(CLEAR, timeout=self.limits.answer)
        return self._until(is_cleared, self.limits.clearing)

    def _answer(self, question: int, limit: float) -> int | None:
        self.send(ASK + bytes([question]), timeout=limit)
        seen: list[int] = []

        def answered(replies: Sequence[Reply]) -> bool:
            seen.extend(reply.byte for reply in replies if isinstance(reply, RealTimeStatus))
            return bool(seen)

        self._until(answered, limit)
        return seen[0] if seen else None

    def _until(self, done: Callable[[Sequence[Reply]], bool], limit: float) -> bool:
        deadline = self.monotonic() + limit
        while (left := deadline - self.monotonic()) > 0:
            if done(self.replies(timeout=min(left, TICK))):
                return True
            self.tick()
        return False
