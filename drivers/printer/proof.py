"""Proving that a job came out: the ladder of printing.md 1, as a session without I/O.

A successful write proves nothing. Behind the job, before the cut, stand questions that the printer answers in the
order of its buffer: process id (when printing is completed), GS r (when all before it is processed), a second automatic
status (likewise).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

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

ASK_PROCESS_ID = bytes.fromhex("1d 28 48 06 00 30 30")  # GS ( H, function 48, then four characters 20h to 7Eh
ASK_SENSORS = b"\x1dr\x01"  # GS r 1
ASK_PUSH = b"\x1da\x0e"  # GS a: enabling it again sends the status once more

_FIRST, _CHARACTERS, _PLACES = 0x20, 95, 4


def process_id(number: int) -> bytes:
    """Four characters 20h to 7Eh that stand for a job's number; they come round after 95**4 jobs."""
    digits = (number // _CHARACTERS**place % _CHARACTERS for place in reversed(range(_PLACES)))
    return bytes(_FIRST + digit for digit in digits)


def rungs(proof: str) -> tuple[str, ...]:
    """The rungs that a profile's `proof` allows, strongest first: all of them for `auto`, none for `none`."""
    return LADDER if proof == "auto" else tuple(rung for rung in LADDER if rung == proof)


def questions(wanted: Iterable[str], job: bytes) -> bytes:
    """The bytes that go out behind what is printed."""
    asked = {"process_id": ASK_PROCESS_ID + job, "gs_r": ASK_SENSORS, "asb": ASK_PUSH}
    return b"".join(asked[rung] for rung in LADDER if rung in wanted)


@dataclass
class ProofWatch:
    """Watches the replies to one job. `proven` is the strongest rung so far, `condition` the printer's last word."""

    wanted: tuple[str, ...]
    job: bytes
    condition: Condition = field(default_factory=Condition)
    proven: str = ""
    _asked: bool = False
    _last_push: bytes = b""
    _barrier_answered: bool = False

    def questions_leave(self) -> None:
        """From here on the answers to the questions behind the job may come, and are owed."""
        self._asked = True

    def feed(self, replies: Iterable[Reply]) -> None:
        """Take the replies into account, in their order."""
        for reply in replies:
            if isinstance(reply, BlockReply):
                self._take_block(reply)
            elif isinstance(reply, TransmittedStatus):
                self._take_sensors(reply)
            elif isinstance(reply, AutomaticStatus):
                self._take_push(reply)

    @property
    def barriers_owed(self) -> int:
        """How many GS r were asked and not answered."""
        return int(self._asked and "gs_r" in self.wanted and not self._barrier_answered)

    @property
    def stopped(self) -> bool:
        """Whether the printer said that it stopped before anything was proven."""
        trouble = self.condition.trouble
        return not self.proven and trouble is not None and trouble.stops

    @property
    def strongest_reached(self) -> bool:
        """Whether nothing stronger is to come."""
        return bool(self.wanted) and self.proven == self.wanted[0]

    def _take_block(self, reply: BlockReply) -> None:
        if reply.data == PROCESS_ID + self.job:  # a late one of an earlier job is not ours
            self._reach("process_id")

    def _take_sensors(self, reply: TransmittedStatus) -> None:
        condition = by_barrier(reply)
        self._barrier_answered = True
        if condition.trouble is None:
            self._reach("gs_r")
        else:
            self.condition = condition

    def _take_push(self, reply: AutomaticStatus) -> None:
        """A push on a change differs from the one before; the answer to our question is the same once more."""
        self.condition = by_push(reply)
        if self._asked and reply.data == self._last_push and self.condition.trouble is None:
            self._reach("asb")
        self._last_push = reply.data

    def _reach(self, rung: str) -> None:
        if rung in self.wanted and (not self.proven or LADDER.index(rung) < LADDER.index(self.proven)):
            self.proven = rung
