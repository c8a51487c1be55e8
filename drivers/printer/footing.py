"""Getting in step with a printer before a job: which proof it gives, that nothing older is answered, the canary.

A proof counts only where the printer answered, before the first byte of the job, a question that nothing older can
have answered. That also shows that it was at the beginning of a command, and not swallowing the rest of a picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.printer.conversation import LAST_WORD, TICK, Conversation
from drivers.printer.proof import ALIKE, MACRO, execute, process_id, questions
from drivers.printer.status import by_questions

TWICE = 2  # a stray NUL of a dying line looks like one answer to GS r; two questions want two
# How many answers more than owed prove a job; a process id and a repeated push cannot come from noise.
NEEDED = {"process_id": 1, "gs_r": TWICE, "asb": 1}


@dataclass(frozen=True)
class Footing:
    """What a job's proof stands on: `rung` ("" for none), the bytes that `ask` behind it, the id that they name.

    `asked` are the rungs that `ask` has answered, each TWICE. With `canary` they are in the printer's macro.
    """

    rung: str = ""
    ask: bytes = b""
    job: bytes = b""
    asked: tuple[str, ...] = ()
    canary: bool = False


@dataclass
class Call:
    """One asking: what leaves, how often each rung is asked by it, and from which count on it is answered."""

    data: bytes
    job: bytes
    times: int
    wanted: dict[str, int]


class FootingFinder:
    """Finds the strongest footing of one printer. `numbers` are those of its questions, never the same twice."""

    def __init__(self, conversation: Conversation, numbers: Iterator[int]) -> None:
        self._conversation = conversation
        self._answers = conversation.taken
        self._limits = conversation.limits
        self._monotonic = conversation.monotonic
        self._numbers = numbers

    def find(self, wanted: tuple[str, ...], *, timeout: float) -> Footing:
        """The footing of the next job; one without a rung where nothing was answered in time.

        Raises DeviceUnanswered when the line is gone.
        """
        call = self._defining(wanted)
        rung = self._answered(call, timeout)
        return Footing(rung, execute(TWICE), call.job, wanted, canary=True) if rung else Footing()

    def find_without_macro(self, wanted: tuple[str, ...], *, timeout: float) -> Footing:
        """As `find`, for a printer without macros: only a heartbeat (job.py) notices that its power was gone."""
        rung = self._answered(self._plain(wanted), timeout)
        job = process_id(next(self._numbers))
        return Footing(rung, questions((rung,), job) * TWICE, job, (rung,)) if rung else Footing()

    def _defining(self, wanted: tuple[str, ...]) -> Call:
        """Define the macro, which asks once, and execute it so often that the last execution cannot be mistaken."""
        job, times = process_id(next(self._numbers)), self._enough(wanted)
        data = MACRO + questions(wanted, job) + MACRO + execute(times)
        return self._call(data, wanted, job, times + 1, own=2)

    def _plain(self, wanted: tuple[str, ...]) -> Call:
        job, times = process_id(next(self._numbers)), self._enough(wanted)
        return self._call(questions(wanted, job) * times, wanted, job, times, own=1)

    def _call(self, data: bytes, wanted: tuple[str, ...], job: bytes, times: int, *, own: int) -> Call:
        """Of the answers that look alike `own` must be ours; of ours that carry an id, all: none is left to mistake."""
        counts = {
            rung: self._answers.count(rung, job) + self._answers.owed(rung) + own if rung in ALIKE else times
            for rung in wanted
        }
        return Call(data, job, times, counts)

    def _enough(self, wanted: tuple[str, ...]) -> int:
        """One more than are owed; of pushes another one, because the first may not be told from one on a change."""
        return max(self._answers.owed(rung) + 1 + (rung == "asb") for rung in wanted)

    def _answered(self, call: Call, timeout: float) -> str:
        """The strongest rung that answered within `timeout` seconds; who began to answer has only a moment more."""
        self._answers.asked(call.wanted, call.times)
        self._conversation.send(call.data, timeout=self._limits.answer)
        deadline, told, strongest = self._monotonic() + timeout, self._told(call), next(iter(call.wanted))
        while self._reached(call) != strongest and (left := deadline - self._monotonic()) > 0:
            self._conversation.tick()
            self._conversation.replies(timeout=min(left, TICK))
            if self._told(call) != told:
                deadline, told = self._monotonic() + self._limits.grace, self._told(call)
        reached = self._reached(call)
        return reached if reached not in ALIKE or self._is_in_step(reached) else ""

    def _told(self, call: Call) -> int:
        return sum(self._answers.count(rung, call.job) for rung in call.wanted)

    def _reached(self, call: Call) -> str:
        """The strongest rung with as many answers as the call wants; "" where none has."""
        reached = (rung for rung, wanted in call.wanted.items() if self._answers.count(rung, call.job) >= wanted)
        return next(reached, "")

    def _is_in_step(self, rung: str) -> bool:
        """Nothing is owed any more: what is left of our own questions comes at once, for nothing is printed by them."""
        if self._answers.owed(rung):
            self._conversation.hush()
        if self._answers.owed(rung):
            alive = self._conversation.answers(timeout=LAST_WORD)
            self._conversation.hush()
            if not alive or by_questions(alive).trouble is not None:
                return False
        self._answers.none_owed()
        return True
