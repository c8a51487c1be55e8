"""The reader and its cable in a campaign's world: the double by its script, and a line that everybody watches."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.memory import Memory
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.card_reader.ecr17.simulator.wired import WiredLink, WiredTerminal
from drivers.errors import DeviceAbsent, DeviceUnanswered
from drivers.link import Link
from pos_app.testing.campaign.clock import LEAST, WorldClock
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.line_watch import LineWatch
from pos_app.testing.campaign.witness import CARD_NUMBER, Reader

_MONEY = (b"X", b"P", b"S")
_CODE = 10  # STX, eight digits, a zero; then the request's code
_TRAITS = Traits(card=CARD_NUMBER.rjust(19, "0"))


@dataclass
class Counter:
    """What the reader on the counter is, and how it will answer: filled in before the world begins."""

    traits: Traits = _TRAITS
    payments: list[tuple[Answer, str]] = field(default_factory=list)  # each with the fault that it is, or ""
    reversals: list[tuple[Answer, str]] = field(default_factory=list)
    questions: list[tuple[Question, str]] = field(default_factory=list)

    def answers(self, name: str, fault: str, seconds: float | None = None) -> None:
        """One more payment goes like this."""
        answer = ANSWERS[name]
        self.payments.append((answer if seconds is None else replace(answer, seconds=seconds), fault))

    def script(self) -> Script:
        """As the double wants it."""
        return Script(
            self.traits,
            tuple(answer for answer, _ in self.payments),
            tuple(answer for answer, _ in self.reversals),
            tuple(question for question, _ in self.questions),
        )


class Cable:
    """The double behind its line. `connect` is what the driver opens."""

    def __init__(self, counter: Counter, clock: WorldClock, life: Life) -> None:
        self._counter = counter
        self._life = life
        self.clock = clock
        self.memory = Memory()
        self._earlier: list[str] = []
        self.wired = WiredTerminal(SimulatedTerminal(counter.script(), memory=self.memory), clock)
        self.truth = Reader(self.memory.ledger, self.taken_in)
        self.absent_until = 0.0
        self.blocked = False

    def taken_in(self) -> list[str]:
        """The codes of all requests that the reader ever took in."""
        return [*self._earlier, *self.wired.terminal.seen]

    def reboot(self) -> None:
        """The reader is switched off and on: what it had to send is gone, what it knows is not."""
        self._earlier += self.wired.terminal.seen
        self.wired.unplug(until=self.clock.now + 20.0)
        self.wired.terminal = SimulatedTerminal(self._counter.script(), memory=self.memory)

    def unplug(self, seconds: float) -> None:
        """The line is gone for a while."""
        self.wired.unplug(until=self.clock.now + seconds)

    def heal(self) -> None:
        """The line is whole, and the reader answers every question that it can answer at all."""
        self.absent_until, self.blocked = 0.0, False
        self._counter.questions = [(asked, fault) for asked, fault in self._counter.questions if not asked.times]
        if not self.wired.is_plugged:
            self.wired.plug()

    def connect(self, watch: LineWatch) -> Link:
        """Open the line. Raises DeviceAbsent."""
        self._life.point("connect")
        if self.clock.now < self.absent_until:
            raise DeviceAbsent("Porta del lettore: non si apre.")
        return WatchedLink(QuietLink(self.wired), self, self._life, watch)


class QuietLink(WiredLink):
    """The double's own link; where nothing can come before a read ends, the clock goes there at once.

    Nothing can: the reader had told all there was by the last read, nobody wrote since, and what it does next is later.
    """

    def __init__(self, wired: WiredTerminal) -> None:
        wired.connect()  # refuses while it is unplugged
        super().__init__(wired)
        self._wired = wired
        self._plugged = wired.generation
        self._quiet_until = -math.inf  # then the reader does something; -inf: nobody knows

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        wired, deadline = self._wired, self._wired.clock.now + timeout
        if deadline < self._quiet_until and wired.generation == self._plugged and not wired.waiting:
            wired.clock.now = deadline
            return b""
        data = super().read(timeout=timeout)
        due = wired.terminal.due
        self._quiet_until = -math.inf if data else math.inf if due is None else due
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        self._quiet_until = -math.inf
        super().write(data, timeout=timeout)

    def close(self) -> None:
        """See Link.close."""
        self._quiet_until = -math.inf
        super().close()


class WatchedLink:
    """The till's end of the cable: the process may end at every read and write, and the witness sees the bytes."""

    def __init__(self, inner: WiredLink, cable: Cable, life: Life, watch: LineWatch) -> None:
        self._inner = inner
        self._cable = cable
        self._life = life
        self._watch = watch

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        self._life.point("read")
        data = self._inner.read(timeout=max(timeout, LEAST) if timeout else 0.0)
        if data:
            self._watch.reads(data)
            self._life.point("heard")
        return data

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        self._life.point("write")
        self._watch.writes(data)
        is_money = data[_CODE : _CODE + 1] in _MONEY
        if is_money:
            self._life.point("money")
        self._inner.write(data, timeout=timeout)
        if is_money:
            self._watch.reader_took()
        if self._cable.blocked:
            self._cable.blocked = False
            raise DeviceUnanswered("Porta del lettore: la scrittura si è fermata.")
        self._life.point("wrote")

    def close(self) -> None:
        """See Link.close."""
        self._inner.close()


Wrap = Callable[[Link], Link]
