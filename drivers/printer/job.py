"""One print job on an open line: send in pieces, listen meanwhile, wait for the proof, and say how it ended."""

import contextlib

from drivers.contracts import PrintState, Proof
from drivers.errors import DeviceUnanswered
from drivers.printer.conversation import LAST_WORD, TICK, Conversation
from drivers.printer.footing import NEEDED, TWICE, Footing
from drivers.printer.pieces import whole_pieces
from drivers.printer.status import Condition, by_questions

PIECE = 256  # bytes handed over at a time; what the printer says is read between them
AWAY = 0.8  # seconds: a full buffer lets a question through sooner, a printer that starts again answers later
HEARTBEAT = 0.25  # seconds between two looks whether it is still there

CLEARED = "Il resto della stampa è stato annullato."
NOT_CLEARED = "Il resto può uscire da solo quando la stampante riprende: guardare se poi è intero."
UNCONFIRMED = "La stampante non ha confermato la stampa: guardare se lo scontrino è uscito intero."


class PrintJob:
    """A job and its end; afterwards `is_cleared` says that nothing of it is left, `is_broken` that the line is gone.

    `footing` is what proves it, None for a printer that is asked nothing at all. Where no canary tells that the power
    went and came again, a `heartbeat` does, if the printer answers in real time.
    """

    def __init__(self, conversation: Conversation, footing: Footing | None, *, heartbeat: bool) -> None:
        self._conversation = conversation
        self._footing = footing
        self._answers = conversation.taken
        self._monotonic = conversation.monotonic
        self._heartbeat = heartbeat and footing is not None and bool(footing.rung) and not footing.canary
        self._enough: int | None = None
        self._was_away = False
        self.is_cleared = False
        self.is_broken = False

    def run(self, data: bytes, end: bytes, *, deadline: float, blind: float) -> Proof:
        """Print `data`, then `end` the paper, until `deadline` on the clock; proven is `data`. Raises nothing.

        `blind` is how many seconds to wait where no proof can come: for a printer to say that it stopped.
        """
        self._answers.condition = Condition()
        if data:
            self._answers.asked(("asb",), 1)  # its preamble switches the automatic status on
        try:
            self._send(data, end, deadline)
            self._await(deadline if self._rung else min(deadline, self._monotonic() + blind))
            return self._concluded()
        except DeviceUnanswered as error:
            return self._broken(str(error))

    @property
    def _rung(self) -> str:
        return self._footing.rung if self._footing is not None else ""

    @property
    def _proven(self) -> bool:
        """Whether more answers came than were owed when the questions behind the job left."""
        return self._enough is not None and self._count() >= self._enough

    @property
    def _stopped(self) -> bool:
        """Whether the printer said that it stopped before anything was proven."""
        trouble = self._answers.condition.trouble
        return not self._proven and trouble is not None and trouble.stops

    def _count(self) -> int:
        return self._answers.count(self._rung, self._footing.job if self._footing is not None else b"")

    def _send(self, data: bytes, end: bytes, deadline: float) -> None:
        """In pieces; the end goes out with the questions, so that the cut is behind them before any answer comes."""
        for whole in whole_pieces(data, PIECE):
            for at in range(0, len(whole), PIECE):
                self._hand_over(whole[at : at + PIECE], deadline)
            if self._stopped:
                return
        if self._footing is None or not self._rung:
            self._hand_over(end, deadline)
            return
        self._enough = self._count() + self._answers.owed(self._rung) + NEEDED[self._rung]
        self._answers.asked(self._footing.asked, TWICE)
        self._hand_over(self._footing.ask + end, deadline)

    def _hand_over(self, data: bytes, deadline: float) -> None:
        self._conversation.tick()
        self._conversation.send(data, timeout=max(min(2 * TICK, deadline - self._monotonic()), 0.0))
        if self._footing is not None:
            self._listen(0.0)

    def _listen(self, timeout: float) -> None:
        """What the printer says within `timeout` seconds; and whether it is there at all."""
        self._conversation.replies(timeout=min(timeout, HEARTBEAT) if self._heartbeat else timeout)
        if self._heartbeat and not self._was_away:
            self._was_away = not self._conversation.is_there(timeout=AWAY)

    def _await(self, deadline: float) -> None:
        """Until the proof is there, the printer says that it stopped or was away, or time is up."""
        while self._footing is not None and not (self._proven or self._stopped or self._was_away):
            left = deadline - self._monotonic()
            if left <= 0:
                return
            self._conversation.tick()
            self._listen(min(left, TICK))

    def _concluded(self) -> Proof:
        if self._proven and not self._was_away and self._is_alive():
            return Proof(PrintState.PRINTED, self._rung)
        condition = self._last_word()
        if condition.trouble is None:
            return Proof(PrintState.UNKNOWN, "none", UNCONFIRMED)
        self.is_cleared = self._conversation.clear()
        if self.is_cleared:
            return Proof(PrintState.PARTIAL, "none", f"{condition.sentence} {CLEARED}")
        return Proof(PrintState.UNKNOWN, "none", f"{condition.sentence} {NOT_CLEARED}")

    def _is_alive(self) -> bool:
        """GS r is answered with a byte that a line also makes when it dies: who sent it must still be there."""
        return self._rung != "gs_r" or self._conversation.is_there(timeout=self._conversation.limits.answer)

    def _last_word(self) -> Condition:
        """How the printer is now: what it pushed when it stopped, else what it answers when asked."""
        if self._stopped or self._footing is None:
            return self._answers.condition
        answers = self._conversation.answers(timeout=LAST_WORD)
        return by_questions(answers) if answers else self._answers.condition

    def _broken(self, reason: str) -> Proof:
        """The line went away or stays blocked in the middle of the job: the printer's last word is all there is."""
        with contextlib.suppress(DeviceUnanswered):
            self._conversation.drain()
            return self._concluded()
        self.is_broken = True
        condition = self._answers.condition
        if condition.trouble is not None:
            return Proof(PrintState.UNKNOWN, "none", f"{condition.sentence} {NOT_CLEARED}")
        return Proof(PrintState.UNKNOWN, "none", f"{UNCONFIRMED} {reason}")
