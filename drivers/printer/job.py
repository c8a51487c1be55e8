"""One print job on an open line: send in pieces, listen meanwhile, wait for the proof, and say how it ended."""

import contextlib
from collections.abc import Callable

from drivers.contracts import PrintState, Proof, Tick
from drivers.errors import DeviceUnanswered
from drivers.printer.conversation import TICK, Conversation, Limits
from drivers.printer.proof import ProofWatch, questions
from drivers.printer.status import Condition, by_questions

PIECE = 256  # bytes handed over at a time; what the printer says is read between them
LAST_WORD = 2.5  # seconds for all four questions

CLEARED = "Il resto della stampa è stato annullato."
NOT_CLEARED = "Il resto può uscire da solo quando la stampante riprende: guardare se poi è intero."
UNCONFIRMED = "La stampante non ha confermato la stampa: guardare se lo scontrino è uscito intero."


class PrintJob:
    """A job and its end; afterwards `is_cleared` says that nothing of it is left, `is_broken` that the line is gone.

    `wanted` are the proofs to ask for, strongest first (proof.rungs); `job` is the process id of this job.
    """

    def __init__(
        self,
        conversation: Conversation,
        wanted: tuple[str, ...],
        job: bytes,
        *,
        limits: Limits,
        monotonic: Callable[[], float],
    ) -> None:
        self._conversation = conversation
        self._watch = ProofWatch(wanted, job)
        self._limits = limits
        self._monotonic = monotonic
        self.is_cleared = False
        self.is_broken = False

    @property
    def barriers_owed(self) -> int:
        """How many GS r of this job the printer may still answer."""
        return self._watch.barriers_owed

    def run(self, data: bytes, end: bytes, *, deadline: float, tick: Tick) -> Proof:
        """Print `data`, then `end` the paper, until `deadline` on the clock; proven is `data`. Raises nothing."""
        watch = self._watch
        try:
            self._send(data, questions(watch.wanted, watch.job) + end, deadline, tick)
            self._await(deadline, tick)
            return self._concluded()
        except DeviceUnanswered as error:
            return self._broken(str(error))

    def _send(self, data: bytes, ending: bytes, deadline: float, tick: Tick) -> None:
        """In pieces; `ending` goes out at once, so that the cut is behind the questions before any answer comes."""
        for at in range(0, len(data), PIECE):
            self._hand_over(data[at : at + PIECE], deadline, tick)
            if self._watch.stopped:
                return
        self._watch.questions_leave()
        self._hand_over(ending, deadline, tick)

    def _hand_over(self, data: bytes, deadline: float, tick: Tick) -> None:
        tick()
        self._conversation.send(data, timeout=max(min(2 * TICK, deadline - self._monotonic()), 0.0))
        if self._watch.wanted:
            self._watch.feed(self._conversation.replies(timeout=0.0))

    def _await(self, deadline: float, tick: Tick) -> None:
        """Until the strongest proof is there, the printer says that it stopped, or time is up."""
        watch = self._watch
        while watch.wanted and not (watch.strongest_reached or watch.stopped):
            left = deadline - self._monotonic()
            if left <= 0:
                return
            tick()
            watch.feed(self._conversation.replies(timeout=min(left, TICK)))
            if watch.proven:
                deadline = min(deadline, self._monotonic() + self._limits.grace)

    def _concluded(self) -> Proof:
        if self._watch.proven:
            return Proof(PrintState.PRINTED, self._watch.proven)
        condition = self._last_word()
        if condition.trouble is None:
            return Proof(PrintState.UNKNOWN, "none", UNCONFIRMED)
        self.is_cleared = self._conversation.clear()
        if self.is_cleared:
            return Proof(PrintState.PARTIAL, "none", f"{condition.sentence} {CLEARED}")
        return Proof(PrintState.UNKNOWN, "none", f"{condition.sentence} {NOT_CLEARED}")

    def _last_word(self) -> Condition:
        """How the printer is now: what it pushed when it stopped, else what it answers when asked."""
        if self._watch.stopped or not self._watch.wanted:
            return self._watch.condition
        answers = self._conversation.answers(timeout=LAST_WORD)
        return by_questions(answers) if answers else self._watch.condition

    def _broken(self, reason: str) -> Proof:
        """The line went away or stays blocked in the middle of the job: the printer's last word is all there is."""
        with contextlib.suppress(DeviceUnanswered):
            self._watch.feed(self._conversation.replies(timeout=0.0))
            return self._concluded()
        self.is_broken = True
        condition = self._watch.condition
        if condition.trouble is not None:
            return Proof(PrintState.UNKNOWN, "none", f"{condition.sentence} {NOT_CLEARED}")
        return Proof(PrintState.UNKNOWN, "none", f"{UNCONFIRMED} {reason}")
