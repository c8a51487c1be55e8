"""Proving that a job came out: the ladder of printing.md 1, and counting its answers. Performs no I/O.

A successful write proves nothing. Behind the job, before the cut, stands a question that the printer answers in the
order of its buffer: process id (when printing is completed), GS r (when all before it is processed), or a second
automatic status (likewise). Of these only the process id says which job it is of; the other answers all look the
same, so they are counted: how many may still be owed is always known, or over-estimated.

The canary: a printer forgets its macro when it loses power, and at no other time (GS : and GS ^; TM-T88III
specification, Bixolon SRP-332II, Wincor TH230 and Toshiba B-EP manuals alike). So the questions are defined as a macro
before the first line, and asked by executing it behind the last: whoever was off in between does not answer.
"""

from collections import Counter
from collections.abc import Iterable

from drivers.printer.status import (
    PROCESS_ID,
    AutomaticStatus,
    BlockReply,
    Condition,
    Reply,
    TransmittedStatus,
    by_barrier,
    by_push,
)

LADDER = ("process_id", "gs_r", "asb")  # strongest first
ALIKE = ("gs_r", "asb")  # their answers do not say which question they answer

ASK_PROCESS_ID = bytes.fromhex("1d 28 48 06 00 30 30")  # GS ( H, function 48, then four characters 20h to 7Eh
ASK_SENSORS = b"\x1dr\x01"  # GS r 1
ASK_PUSH = b"\x1da\x0e"  # GS a: enabling it again sends the status once more
MACRO = b"\x1d:"  # GS :, begins and ends the definition; what stands in it is also obeyed at once
MOST_OWED = 60  # answers that the process before this one may have left owed; never is more reckoned with

_REMEMBERED = 8  # jobs whose process ids are counted: only that of the one under way is ever asked for
_FIRST, _CHARACTERS, _PLACES = 0x20, 95, 4


def process_id(number: int) -> bytes:
    """Four characters 20h to 7Eh that stand for a job's number; they come round after 95**4 jobs."""
    digits = (number // _CHARACTERS**place % _CHARACTERS for place in reversed(range(_PLACES)))
    return bytes(_FIRST + digit for digit in digits)


def rungs(proof: str) -> tuple[str, ...]:
    """The rungs that a profile's `proof` allows, strongest first: all of them for `auto`, none for `none`."""
    return LADDER if proof == "auto" else tuple(rung for rung in LADDER if rung == proof)


def questions(wanted: Iterable[str], job: bytes) -> bytes:
    """The bytes that ask for every rung of `wanted` once, strongest first."""
    asked = {"process_id": ASK_PROCESS_ID + job, "gs_r": ASK_SENSORS, "asb": ASK_PUSH}
    return b"".join(asked[rung] for rung in LADDER if rung in wanted)


def execute(times: int) -> bytes:
    """GS ^ r t m: obey the macro so many times, without a pause and without anybody pressing a button."""
    return b"\x1d^" + bytes([times, 0, 0])


class Answers:
    """Counts what the printer answers to questions for a proof; `condition` is its last word about itself.

    How many answers that look alike are still owed is never under-estimated: what was asked before this process began
    counts as `MOST_OWED`, and of two pushes only the repeated one is sure to be an answer. So whoever counts one more
    answer than were owed when a question was asked has the answer to that question.
    """

    def __init__(self) -> None:
        self.condition = Condition()
        self._owed = dict.fromkeys(ALIKE, MOST_OWED)
        self._count: Counter[str] = Counter()
        self._processes: Counter[bytes] = Counter()
        self._last_push = b""

    def asked(self, wanted: Iterable[str], times: int) -> None:
        """So many questions leave for each rung of `wanted`."""
        for rung in wanted:
            if rung in ALIKE:
                self._owed[rung] = min(self._owed[rung] + times, MOST_OWED)

    def owed(self, rung: str) -> int:
        """At most so many answers of this rung may still come."""
        return self._owed.get(rung, 0)

    def none_owed(self) -> None:
        """Nothing that was asked up to now will be answered any more."""
        self._owed = dict.fromkeys(ALIKE, 0)

    def count(self, rung: str, job: bytes) -> int:
        """How many answers came so far; of process ids, those of `job`."""
        return self._processes[job] if rung == "process_id" else self._count[rung]

    def take(self, replies: Iterable[Reply]) -> None:
        """Count the replies, in their order."""
        for reply in replies:
            if isinstance(reply, BlockReply) and reply.data.startswith(PROCESS_ID):
                self._take_process(reply.data.removeprefix(PROCESS_ID))
            elif isinstance(reply, TransmittedStatus):
                self._take_sensors(reply)
            elif isinstance(reply, AutomaticStatus):
                self._take_push(reply)

    def _take_process(self, job: bytes) -> None:
        self._processes[job] += 1
        if len(self._processes) > _REMEMBERED:
            del self._processes[next(iter(self._processes))]

    def _take_sensors(self, reply: TransmittedStatus) -> None:
        condition = by_barrier(reply)
        if condition.trouble is None:
            self._came("gs_r")
        else:
            self.condition = condition

    def _take_push(self, reply: AutomaticStatus) -> None:
        """A push on a change differs from the one before; the answer to a question is the same once more."""
        self.condition = by_push(reply)
        if reply.data == self._last_push and self.condition.trouble is None:
            self._came("asb")
        self._last_push = reply.data

    def _came(self, rung: str) -> None:
        self._count[rung] += 1
        self._owed[rung] = max(self._owed[rung] - 1, 0)
