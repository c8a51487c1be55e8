"""The network between terminal and PSP, in virtual time: a Transport that carries, loses, delays or spoils."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pos_app.psp.transport import Answer, NotSent, Unanswered
from pos_app.testing.campaign.clock import WorldClock
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.node import FarSide
from pos_app.testing.campaign.witness import Witness

ROUND_TRIP = 0.4
_KINDS = {"verify": "verify", "activa": "activate", "sendPa": "outcome"}


@dataclass
class Exchange:
    """One call as it is under way. `honest` has all its effects when it is first asked for."""

    kind: str
    data: bytes
    soap_action: str
    timeout: float
    clock: WorldClock
    far_side: FarSide
    count: int

    @cached_property
    def honest(self) -> bytes:
        """What the PSP answers."""
        return self.far_side.answer(self.data, self.soap_action)

    def hang(self) -> None:
        """Let the caller wait as long as it will."""
        self.clock.advance(self.timeout)


Spoil = Callable[[Exchange], Answer]


@dataclass
class Armed:
    """A fault of the network: it strikes `times` calls of the kind, after letting `skip` pass."""

    kind: str
    spoil: Spoil
    times: int
    skip: int
    struck: Callable[[], None]

    def meets(self, kind: str) -> bool:
        """Whether this call meets it; it counts as met."""
        if kind != self.kind or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Network:
    """Implements pos_app.psp.transport.Transport over the far side's rules."""

    def __init__(self, clock: WorldClock, life: Life, far_side: FarSide, witness: Witness) -> None:
        self._clock = clock
        self._life = life
        self._far_side = far_side
        self._witness = witness
        self.armed: list[Armed] = []
        self.down_until = 0.0
        self.count = 0
        self.latest: dict[str, bytes] = {}

    def post(self, data: bytes, *, soap_action: str, timeout: float) -> Answer:
        """See Transport.post."""
        self._life.point("post")
        kind = _KINDS[soap_action[:6]]
        self._witness.sends(kind, data)
        self.count += 1
        exchange = Exchange(kind, data, soap_action, timeout, self._clock, self._far_side, self.count)
        answer = self._carried(exchange)
        self._life.point("posted")
        return answer

    def heal(self) -> None:
        """Nothing is armed any more, and the PSP is up."""
        self.armed.clear()
        self.down_until = 0.0

    def _carried(self, exchange: Exchange) -> Answer:
        self._clock.advance(ROUND_TRIP)
        if self._clock.now < self.down_until:
            raise NotSent("The PSP cannot be reached: nothing was sent.")
        for armed in self.armed:
            if armed.meets(exchange.kind):
                armed.struck()
                return armed.spoil(exchange)
        self.latest[exchange.kind] = exchange.honest
        return Answer(exchange.honest)


def unanswered(sentence: str = "The connection broke before a whole answer came.") -> Unanswered:
    """What the transport concludes when something may have been sent."""
    return Unanswered(sentence)
