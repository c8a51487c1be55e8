"""A card reader in memory, with a ledger of the money it really took."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from drivers.contracts import (
    Baseline,
    CardTransaction,
    CardType,
    ChargeAnswer,
    ChargeVerdict,
    ReaderStatus,
    ReversalAnswer,
    ReversalVerdict,
    Tick,
)
from drivers.errors import DeviceAbsent, DeviceUnanswered
from pos_app.testing.clock import VirtualClock
from pos_app.testing.faults import Misfortune


class Mood(enum.Enum):
    """How the next charge goes."""

    APPROVE = "approve"
    DECLINE = "decline"
    NOT_STARTED = "not_started"
    LOST_CHARGED = "lost_charged"  # the card is charged, the answer is lost
    LOST_UNCHARGED = "lost_uncharged"  # nothing is charged, nothing is heard
    LATE = "late"  # charged, and the answer comes by itself later
    OTHER_AMOUNT = "other_amount"


FAULTS = (Mood.NOT_STARTED, Mood.LOST_CHARGED, Mood.LOST_UNCHARGED, Mood.LATE, Mood.OTHER_AMOUNT, Mood.DECLINE)


@dataclass
class Taken:
    """One line of the ledger: money that left a card."""

    reference: str
    amount: int
    stan: str
    reversed: bool = False


def _ignore(_transaction: CardTransaction) -> None:
    """Nobody listens yet."""


def _overlook(_text: str) -> None:
    """Nobody looks at its display."""


class MemoryReader:
    """A reader that misbehaves as it is told: by `moods`, one a charge, then by its misfortune.

    `ledger` is the money it really took, `asked` how often it was asked for a charge.
    """

    def __init__(self, clock: VirtualClock, misfortune: Misfortune) -> None:
        self.clock = clock
        self.misfortune = misfortune
        self.moods: list[Mood] = []
        self.ledger: list[Taken] = []
        self.asked = 0
        self.forgets = False  # nothing can be learned from it any more
        self.on_late: Callable[[CardTransaction], None] = _ignore
        self.on_progress: Callable[[str], None] = _overlook
        self._last: CardTransaction | None = None
        self._late: CardTransaction | None = None
        self._counter = 0

    def status(self, *, timeout: float, tick: Tick) -> ReaderStatus:
        """Ready, unless misfortune strikes."""
        self._act(1.0, tick)
        if self.misfortune.strikes():
            raise DeviceAbsent("Il lettore non risponde: controllare alimentazione e cavo.")
        self._deliver_late()
        return ReaderStatus(ready=True, description="pronto", terminal_id="00000001", simulated=True)

    def baseline(self, *, timeout: float, tick: Tick) -> Baseline:
        """Last result and totals."""
        self._act(1.0, tick)
        if self.misfortune.strikes():
            raise DeviceUnanswered("Il lettore non risponde.")
        self._deliver_late()
        last = self._last
        return Baseline("00000001", last.fingerprint if last else "", last.stan if last else "", self._totals())

    def pay(
        self,
        amount: int,
        *,
        reference: str,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """One charge, as the next mood has it. The process may end at any point of it."""
        self.asked += 1
        self._act(5.0, tick)
        mood = self._next_mood()
        answer = self._charge(mood, amount, reference)
        self.misfortune.maybe_kill()
        on_result(answer)
        self.misfortune.maybe_kill()
        return answer

    def resolve(
        self,
        amount: int,
        baseline: Baseline | None,
        *,
        timeout: float,
        tick: Tick,
        on_result: Callable[[ChargeAnswer], None],
    ) -> ChargeAnswer:
        """The verdict table on what is remembered; sometimes nothing can be learned yet."""
        self._act(min(timeout, 181.0), tick)
        answer = ChargeAnswer(ChargeVerdict.UNCERTAIN, "il lettore non risponde")
        if not (self.forgets or self.misfortune.strikes()):
            self._late = None
            answer = self._verdict(amount, baseline)
        on_result(answer)
        self.misfortune.maybe_kill()
        return answer

    def reverse(
        self, stan: str, *, timeout: float, tick: Tick, on_result: Callable[[ReversalAnswer], None]
    ) -> ReversalAnswer:
        """Reverses the last charge if the STAN is its own."""
        self._act(5.0, tick)
        line = self.ledger[-1] if self.ledger else None
        if line is None or line.stan != stan or line.reversed or self._last is None:
            answer = ReversalAnswer(ReversalVerdict.REFUSED, "STAN diverso")
        else:
            line.reversed = True
            self._last = self._result("00", None)
            answer = ReversalAnswer(ReversalVerdict.APPROVED, "stornato", self._last)
        on_result(answer)
        return answer

    def listen(self, *, timeout: float, tick: Tick) -> None:
        """Delivers what is late."""
        self._act(timeout, tick)
        self._deliver_late()

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def last_result(self) -> CardTransaction | None:
        """What it would answer to a question for its last result."""
        return self._last

    # --- the device behind it --------------------------------------------------------------------

    def _act(self, seconds: float, tick: Tick) -> None:
        self.misfortune.maybe_kill()
        self.clock.advance(seconds)
        tick()

    def _next_mood(self) -> Mood:
        if self.moods:
            return self.moods.pop(0)
        return self.misfortune.random.choice(FAULTS) if self.misfortune.strikes() else Mood.APPROVE

    def _charge(self, mood: Mood, amount: int, reference: str) -> ChargeAnswer:
        if mood is Mood.NOT_STARTED:
            return ChargeAnswer(ChargeVerdict.NOT_STARTED, "comando rifiutato")
        if mood is Mood.LOST_UNCHARGED:
            return ChargeAnswer(ChargeVerdict.UNCERTAIN, "nessuna risposta")
        if mood is Mood.DECLINE:
            self._last = self._result("01", None)
            return ChargeAnswer(ChargeVerdict.DECLINED, "TRANSAZIONE RIFIUTATA", self._last)
        charged = amount + 1 if mood is Mood.OTHER_AMOUNT else amount
        self._last = self._result("00", charged)
        self.ledger.append(Taken(reference, charged, self._last.stan))
        self.misfortune.maybe_kill()
        if mood is Mood.APPROVE:
            return ChargeAnswer(ChargeVerdict.APPROVED, "approvato", self._last)
        if mood is Mood.OTHER_AMOUNT:
            return ChargeAnswer(ChargeVerdict.OTHER_AMOUNT, "importo diverso", self._last)
        self._late = self._last if mood is Mood.LATE else None
        return ChargeAnswer(ChargeVerdict.UNCERTAIN, "nessuna risposta")

    def _verdict(self, amount: int, baseline: Baseline | None) -> ChargeAnswer:
        last = self._last
        if baseline is None or last is None or last.fingerprint == baseline.last_result:
            unchanged = baseline is not None and baseline.totals == self._totals()
            verdict = ChargeVerdict.NOT_CHARGED if unchanged else ChargeVerdict.UNCERTAIN
            return ChargeAnswer(verdict, "ultimo esito e totali invariati")
        if last.result_code != "00":
            return ChargeAnswer(ChargeVerdict.NOT_CHARGED, "ultimo esito negativo", last)
        verdict = ChargeVerdict.APPROVED if last.amount == amount else ChargeVerdict.OTHER_AMOUNT
        return ChargeAnswer(verdict, "ultimo esito", last)

    def _deliver_late(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            self.on_late(late)

    def _totals(self) -> int:
        return sum(line.amount for line in self.ledger if not line.reversed)

    def _result(self, code: str, amount: int | None) -> CardTransaction:
        self._counter += 1
        return CardTransaction(
            result_code=code,
            approved=code == "00",
            fingerprint=f"result-{self._counter}",
            terminal_id="00000001",
            amount=amount,
            card_last4="4242",
            card_type=CardType.BANCOMAT,
            authorisation_code=f"A{self._counter:05d}",
            stan=f"{self._counter:06d}",
        )
