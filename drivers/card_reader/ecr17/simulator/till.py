"""A till at the double, in virtual time, that suffers what befalls tills: cables pulled, power cut (see campaign)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from drivers.card_reader.ecr17.codec import LrcRule
from drivers.card_reader.ecr17.driver import Ecr17CardReader
from drivers.card_reader.ecr17.options import Ecr17Options
from drivers.card_reader.ecr17.session import Session
from drivers.card_reader.ecr17.simulator.script import Script
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from drivers.card_reader.ecr17.simulator.wired import VirtualClock, WiredTerminal
from drivers.contracts import Baseline, CardTransaction, ChargeAnswer, ChargeVerdict
from drivers.errors import DeviceError

KEY = b"a key of the campaign"
CARD_SECONDS, RESOLVE_SECONDS, BASELINE_SECONDS = 300.0, 600.0, 60.0
SLACK = 60.0  # a command that was sent in time may end this much later: questions before it, its receipt after it
LONGEST_SILENCE = 1.0  # seconds between two ticks

Known = TypeVar("Known")
SessionFactory = Callable[[LrcRule], Session]


class PowerCut(BaseException):
    """The till ends here; nothing may catch it and go on."""


@dataclass(frozen=True)
class Mishap:
    """What befalls the till during one charge: at which tick the cable is pulled or the power is cut, and where else.

    `cut_at_result`: power goes "before" or "after" the result was made durable, or "" for neither.
    """

    unplug_at: int = -1
    cut_at: int = -1
    cut_at_result: str = ""
    away: float = 0.5


class Till:
    """A till at a double, in virtual time. Its driver starts anew after a power cut; what was durable stays."""

    def __init__(self, script: Script, options: Ecr17Options, *, session: SessionFactory = Session) -> None:
        self.clock = VirtualClock(1000.0)
        self.cable = WiredTerminal(SimulatedTerminal(script, rule=options.rule), self.clock)
        self.late: list[CardTransaction] = []
        self._options = options
        self._session = session
        self._durable: list[ChargeAnswer] = []
        self.start()

    def start(self) -> None:
        """Begin a new process."""
        self.reader = Ecr17CardReader(
            self._options,
            fingerprint_key=KEY,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            connect=self.cable.connect,
            session=self._session(self._options.rule),
        )
        self.reader.on_late = self.late.append

    def charge(self, amount: int, reference: str, mishap: Mishap, broken: Callable[[str], None]) -> ChargeVerdict:
        """Charge once and settle what stays uncertain, as the terminal does; `broken` hears of broken rules."""
        self.clock.sleep(10.0)  # the next citizen comes
        watch = _Watch(self, mishap, broken)
        self._durable.clear()
        baseline = self._survive(lambda: self._baseline(watch))
        if baseline is None:
            return ChargeVerdict.NOT_STARTED
        self._survive(lambda: self._pay(amount, reference, watch))
        for _ in range(2):  # the power goes once at most
            if self.verdict is ChargeVerdict.UNCERTAIN:
                self._survive(lambda: self._resolve(amount, baseline, watch))
        return self.verdict

    def _survive(self, work: Callable[[], Known]) -> Known | None:
        try:
            return work()
        except PowerCut:
            self.reader.close()
            self.start()
            return None

    def _baseline(self, watch: "_Watch") -> Baseline | None:
        """No baseline, no charge."""
        try:
            return self.reader.baseline(timeout=BASELINE_SECONDS, tick=watch.tick)
        except DeviceError:
            return None

    def _pay(self, amount: int, reference: str, watch: "_Watch") -> None:
        with watch.limited(CARD_SECONDS):
            self.reader.pay(
                amount, reference=reference, timeout=CARD_SECONDS, tick=watch.tick, on_result=watch.on_result
            )

    def _resolve(self, amount: int, baseline: Baseline, watch: "_Watch") -> None:
        with watch.limited(RESOLVE_SECONDS):
            self.reader.resolve(amount, baseline, timeout=RESOLVE_SECONDS, tick=watch.tick, on_result=watch.on_result)

    @property
    def verdict(self) -> ChargeVerdict:
        """Return what was made durable last; nothing durable is nothing known."""
        return self._durable[-1].verdict if self._durable else ChargeVerdict.UNCERTAIN

    def keep(self, answer: ChargeAnswer) -> None:
        """Make an answer durable."""
        self._durable.append(answer)


class _Watch:
    """Brings the mishaps about, and sees that the driver neither hangs nor falls silent."""

    def __init__(self, till: Till, mishap: Mishap, broken: Callable[[str], None]) -> None:
        self._till = till
        self._mishap = mishap
        self._broken = broken
        self._ticks = -1
        self._last = till.clock.now
        self._answers = 0
        self._cut_at_result = mishap.cut_at_result

    def tick(self) -> None:
        self._ticks += 1
        if (silence := self._till.clock.now - self._last) > LONGEST_SILENCE:
            self._broken(f"no tick for {silence:.1f} s")
        self._last = self._till.clock.now
        if self._ticks == self._mishap.unplug_at:
            self._till.cable.unplug(until=self._till.clock.now + self._mishap.away)
        if self._ticks == self._mishap.cut_at:
            raise PowerCut

    def on_result(self, answer: ChargeAnswer) -> None:
        self._answers += 1
        if self._answers > 1:
            self._broken("one charge's answer was handed over twice")
        cut, self._cut_at_result = self._cut_at_result, ""
        if cut == "before":
            raise PowerCut
        self._till.keep(answer)
        if cut == "after":
            raise PowerCut

    def limited(self, seconds: float) -> "_Deadline":
        self._last, self._answers = self._till.clock.now, 0
        return _Deadline(self._till.clock, seconds + SLACK, self._broken)


class _Deadline:
    """A call that must be over by then."""

    def __init__(self, clock: VirtualClock, seconds: float, broken: Callable[[str], None]) -> None:
        self._clock = clock
        self._until = clock.now + seconds
        self._broken = broken

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._clock.now > self._until:
            self._broken(f"it ended {self._clock.now - self._until:.0f} s too late")
