"""Who sees everything that passes the ports, in order, and says at once when a rule was broken.

Each rule names the invariant of reliability.md 1 that it checks, and the count of the campaign's last line under which
a breach of it falls; those of the journal's records are in `record_rules`.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.card_reader.ecr17.simulator.memory import Charge
from pos_app.counter import View
from pos_app.domain import events as e
from pos_app.domain.fold import Record, apply
from pos_app.domain.payment import Payment
from pos_app.domain.states import Money, State
from pos_app.journal import codec
from pos_app.journal.layout import TERMINAL
from pos_app.psp.bodies import without_password
from pos_app.testing.campaign.clock import WorldClock
from pos_app.testing.campaign.node import PASSWORD, FarSide
from pos_app.testing.campaign.record_rules import RULES

CARD_NUMBER = "5424180279791732"  # the canary: no record and no paper may hold it
COUNTS = (
    "double", "lost", "ok_without_charge", "refunded_but_paid", "rival_not_refunded", "unreleased",
    "unreported_uncertain", "stuck",
)  # fmt: skip
_KEY_ELEMENT = re.compile(r"<idempotencyKey>([^<]*)<")


FELL = "the process fell over"


@dataclass(frozen=True)
class Breach:
    """A rule that was broken: under which count it falls, which rule, and what happened."""

    count: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.count}: {self.rule}: {self.sentence}"


@dataclass(frozen=True)
class Recorded:
    """One record that became durable: its payment before, and what happened to it before."""

    before: Payment
    event: e.Event
    earlier: tuple[e.Event, ...]


@dataclass
class Reader:
    """What really became of the cards: the ledger, and which requests the reader took in."""

    ledger: list[Charge] = field(default_factory=list)
    taken_in: Callable[[], list[str]] = list

    def charges_of(self, reference: str) -> list[Charge]:
        """The money taken under this operation number and not given back."""
        return [charge for charge in self.ledger if charge.reference == reference and not charge.reversed]


class Witness:
    """Keeps every record and every breach. `reader` and `far_side` are the truth that records are measured against."""

    def __init__(self, clock: WorldClock, reader: Reader, far_side: FarSide) -> None:
        self.clock = clock
        self.reader = reader
        self.far_side = far_side
        self.breaches: list[Breach] = []
        self.events: dict[str, list[e.Event]] = {}
        self.payments: Mapping[str, Payment] = {}
        self.latest: dict[str, Payment] = {}  # also those that a new month's journal no longer tells of
        self.shown: set[tuple[str, State]] = set()
        self.trace: list[str] | None = None
        self.journal_fails = False
        self.forbidden = False  # nobody may be asked for money any more
        self.decided_at = clock.true_utc()
        self._bodies: dict[str, str] = {}  # what may be sent: body -> payment
        self._printable: set[bytes] = set()
        self._blocked_keys: set[str] = set()
        self.known_cards: set[str] = set()  # fingerprints of the results that are written down

    def breach(self, count: str, rule: str, sentence: str) -> None:
        """Note that a rule was broken."""
        self.tell("!!", f"{count}: {rule}: {sentence}")
        self.breaches.append(Breach(count, rule, sentence))

    def tell(self, who: str, what: str) -> None:
        """Put a line into the trace, if there is one."""
        if self.trace is not None:
            self.trace.append(f"{self.clock.now:10.2f}  {who:<8} {what}")

    # --- the journal -----------------------------------------------------------------------------

    def recorded(self, payment_id: str, before: Payment, event: e.Event, text: str) -> None:
        """A record is durable."""
        earlier = self.events.setdefault(payment_id, [])
        if self.trace is not None:
            self.tell("journal", f"{before.operation or payment_id}  {before.state.label:<16} {text[:150]}")
        self._learn(payment_id, before, event)
        if PASSWORD in text or CARD_NUMBER in text:
            self.breach("lost", "18 no secret is written down", type(event).__name__)
        if payment_id != TERMINAL:
            seen = Recorded(before, event, tuple(earlier))
            for rule in RULES.get(type(event), ()):
                for count, number, sentence in rule(self, seen):
                    self.breach(count, number, f"{before.operation}: {sentence}")
        earlier.append(event)

    def catch_up(self, records: list[Record]) -> None:
        """Take in what became durable in the very moment in which a process ended, before anybody could tell."""
        payments: dict[str, Payment] = {}
        seen: dict[str, int] = {}
        for record in records:
            before = payments.get(record.payment_id) or Payment(record.payment_id)
            if seen.get(record.payment_id, 0) >= len(self.events.get(record.payment_id, ())):
                self.recorded(record.payment_id, before, record.event, codec.encode(record.event))
            seen[record.payment_id] = seen.get(record.payment_id, 0) + 1
            if record.payment_id != TERMINAL:
                payments[record.payment_id] = apply(before, record.stamp, record.event)

    def _learn(self, payment_id: str, before: Payment, event: e.Event) -> None:
        if isinstance(event, e.ActivationIntended | e.OutcomeIntended):
            self._bodies[event.body] = payment_id
        elif isinstance(event, e.PrintStarted):
            self._printable.add(base64.b64decode(event.data))
        elif isinstance(event, e.OutcomeBlocked) and before.pending_outcome is not None:
            self._blocked_keys.add(before.pending_outcome.key)
        card = getattr(event, "card", None)
        if isinstance(card, e.Card):
            self.known_cards.add(card.fingerprint)

    # --- the network -----------------------------------------------------------------------------

    def sends(self, kind: str, data: bytes) -> None:
        """Bytes are leaving for the PSP."""
        self.tell("psp", f"-> {kind}")
        if kind == "verify":
            return
        body = without_password(data.decode())
        payment_id = self._bodies.get(body)
        if payment_id is None:
            self.breach("lost", "8 nothing leaves before its record", f"an unknown body was sent: {kind}")
            return
        key = _KEY_ELEMENT.search(body)
        if key is not None and key[1] in self._blocked_keys:
            self.breach("stuck", "19 a new key after an answered KO", f"{key[1]} was sent again")
        if kind == "outcome":
            self._reports(self.payments[payment_id], is_ok="<outcome>OK<" in body)

    def _reports(self, payment: Payment, *, is_ok: bool) -> None:
        charges = self.reader.charges_of(payment.operation)
        if is_ok and not charges:
            self.breach("ok_without_charge", "4 OK only for money taken", f"{payment.operation}: OK, and no charge")
        if not is_ok and charges:
            self.breach("lost", "5 KO only with proof", f"{payment.operation}: KO, and the card was charged")

    # --- paper and screen ------------------------------------------------------------------------

    def prints(self, data: bytes) -> None:
        """Bytes are leaving for the printer."""
        if data not in self._printable and not self.journal_fails:
            self.breach("unreported_uncertain", "8 nothing is printed before its record", "unknown bytes were printed")
        if CARD_NUMBER.encode() in data or PASSWORD.encode() in data:
            self.breach("lost", "18 no secret is written down", "on paper")

    def shows(self, view: View) -> None:
        """The screen says something."""
        payment = view.payment
        if payment is None:
            return
        self.shown.add((payment.id, payment.state))
        nobody_knows = payment.state.money is Money.MAYBE
        if payment.proven_not_charged and (nobody_knows or self.reader.charges_of(payment.operation)):
            told = f"{payment.operation}: {payment.state.label} is shown as not charged"
            self.breach("unreported_uncertain", "money rule 6", told)
