"""Who sees everything that passes the ports, in order, and says at once when a rule was broken.

Each rule names the invariant of reliability.md 1 that it checks, and the count of the campaign's last line under which
a breach of it falls.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from drivers.card_reader.ecr17.codec import Frame, FrameReader, Signal, encode_control
from drivers.card_reader.ecr17.judgement import fingerprint
from drivers.card_reader.ecr17.layout import code_of
from drivers.card_reader.ecr17.messages import CARD_RESULTS, card_result
from drivers.card_reader.ecr17.simulator.memory import Charge
from pos_app.counter import View
from pos_app.desk import Limits
from pos_app.domain import events as e
from pos_app.domain.fold import Record, apply
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal import codec
from pos_app.journal.layout import TERMINAL
from pos_app.psp.bodies import without_password
from pos_app.testing.campaign.clock import WorldClock
from pos_app.testing.campaign.node import PASSWORD, FarSide

KEY = b"k" * 32
CARD_NUMBER = "5424180279791732"  # the canary: no record and no paper may hold it
COUNTS = (
    "double", "lost", "ok_without_charge", "refunded_but_paid", "rival_not_refunded", "unreleased",
    "unreported_uncertain", "stuck",
)  # fmt: skip
BUDGET = Limits().token_budget
_LONGEST_CALL = Limits().outcome
_NAK = encode_control(Signal.NAK)
_KEY_ELEMENT = re.compile(r"<idempotencyKey>([^<]*)<")
_PAID = frozenset({"customer", "merchant"})
_PAID_LATE = frozenset({"recorded_late", "recorded_late_merchant"})
_DEFINITE = (e.RivalPaymentFound, e.OutcomeDiscordant, e.OutcomeRefused, e.OutcomeRecordedLate)
_UNKNOWN = (State.CHARGING, State.CHARGE_UNCERTAIN, State.OPERATOR_RULING)


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
        self.decided_at = clock.true_utc()
        self._bodies: dict[str, str] = {}  # what may be sent: body -> payment
        self._printable: set[bytes] = set()
        self._blocked_keys: set[str] = set()
        self._known_cards: set[str] = set()
        self._line = FrameReader()
        self._asked = ""
        self._unheard: str | None = None

    def breach(self, count: str, rule: str, sentence: str) -> None:
        """Note that a rule was broken."""
        self.tell("!!", f"{count}: {rule}: {sentence}")
        self.breaches.append(Breach(count, rule, sentence))

    def tell(self, who: str, what: str) -> None:
        """Put a line into the trace, if there is one."""
        if self.trace is not None:
            self.trace.append(f"{self.clock.now:10.2f}  {who:<8} {what}")

    def new_process(self) -> None:
        """What the last process had read and not yet written down is gone with it, as it may be."""
        self._unheard = None
        self._line = FrameReader()

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
            self._known_cards.add(card.fingerprint)

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

    # --- the line --------------------------------------------------------------------------------

    def reads(self, data: bytes) -> None:
        """Bytes came out of the line."""
        for packet in self._line.feed(data):
            if isinstance(packet, Frame) and code_of(packet.payload) in CARD_RESULTS:
                self._hears(packet.payload)

    def _hears(self, payload: bytes) -> None:
        result = card_result(payload)
        if self.trace is not None:
            self.tell("reader", f"<- result {result.result if result else '?'} (asked {self._asked})")
        if result is not None and result.approved and self._asked != "G":
            self._unheard = fingerprint(payload, KEY)

    def writes(self, data: bytes) -> None:
        """Bytes are leaving for the reader: what it told before must be written down by now (rule 9)."""
        if data == _NAK:
            return
        if self._unheard is not None and self._unheard not in self._known_cards:
            self.breach("lost", "9 a result is durable before the reader hears of it", f"after {self._asked}")
        self._unheard = None
        if len(data) > len(_NAK):
            self._asked = code_of(data[1:-2])
            if self.trace is not None:
                self.tell("reader", f"-> {self._asked}")

    def reader_took(self) -> None:
        """Look what the reader took in: never more than was journaled (rule 1)."""
        taken = self.reader.taken_in()
        charges, reversals = taken.count("X") + taken.count("P"), taken.count("S")
        if charges > self._happened(e.ChargeStarted):
            self.breach("double", "1 one card command for a ChargeStarted", f"{charges} were taken in")
        if reversals > self._happened(e.ReversalStarted):
            self.breach("double", "1 one reversal for a ReversalStarted", f"{reversals} were taken in")

    def _happened(self, kind: type[e.Event]) -> int:
        return sum(isinstance(event, kind) for events in self.events.values() for event in events)

    # --- paper and screen ------------------------------------------------------------------------

    def prints(self, data: bytes) -> None:
        """Bytes are leaving for the printer."""
        if data not in self._printable and not self.journal_fails:
            self.breach("unreported_uncertain", "8 nothing is printed before its record", "unknown bytes were printed")
        if CARD_NUMBER.encode() in data or PASSWORD.encode() in data:
            self.breach("lost", "18 no secret is written down", "on paper")

    def shows(self, view: View) -> None:
        """The screen says something."""
        if view.payment is not None:
            self.shown.add((view.payment.id, view.payment.state))


# --- what must hold when a record is made --------------------------------------------------------

Found = Iterator[tuple[str, str, str]]
Rule = Callable[[Witness, Recorded], Found]


def _whose_card(witness: Witness, seen: Recorded) -> Found:
    """Invariant 10: a result belongs to the payment whose charge it is."""
    card = getattr(seen.event, "card", None)
    if not isinstance(card, e.Card):
        return
    charges = [charge for charge in witness.reader.ledger if charge.reference == seen.before.operation]
    if not any(card.stan.strip("0") in ("", charge.stan.lstrip("0"), charge.stan) for charge in charges):
        yield "ok_without_charge", "10 a result belongs to its charge", f"STAN {card.stan} is another payment's"


def _really_not_charged(witness: Witness, seen: Recorded) -> Found:
    """Invariants 5 and 24, money rule 5."""
    if witness.reader.charges_of(seen.before.operation):
        yield "lost", "5 no charge only with proof", f"{type(seen.event).__name__}, and the card was charged"


def _may_charge(witness: Witness, seen: Recorded) -> Found:
    """Invariants 2, 11, 12 and 13, money rule 2."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.ChargeStarted)
    if witness.reader.charges_of(payment.operation):
        yield "double", "2 one charge a payment", "a second charge begins"
    if payment.confirmed != event.amount or payment.total != event.amount:
        yield "double", "13 the amount that was agreed to", f"{event.amount} asked, {payment.confirmed} agreed"
    others = (each for each in witness.payments.values() if each.id != payment.id)
    if any(each.state in _UNKNOWN and not each.evidence_frozen for each in others):
        yield "unreported_uncertain", "11 no charge while one is unknown", "another one is"
    session = witness.far_side.session(payment.token)
    if session is None:
        return
    if session.payment.amount + payment.fee != event.amount:
        yield "double", "13 the amount that was activated", f"{event.amount} asked, {session.payment.amount} activated"
    if session.expires_at - witness.decided_at < timedelta(seconds=BUDGET - 1):
        yield "rival_not_refunded", "12 the token budget", f"the token ends {session.expires_at}"


def _one_activation(_witness: Witness, seen: Recorded) -> Found:
    """Invariant 6: while no answer came it is the same bytes and the same key."""
    if any(isinstance(event, e.ActivationIntended) for event in seen.earlier):
        yield "unreleased", "6 the same key until an answer comes", "a second activation"


def _may_report(witness: Witness, seen: Recorded) -> Found:
    """Invariants 4, 5, 6 and 7, money rules 3 and 4."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.OutcomeIntended)
    if payment.pending_outcome is not None and not payment.new_key_due:
        yield "stuck", "6 the same key until an answer comes", "a second intent without an answer"
    if any(isinstance(other, e.OutcomeIntended) and other.verdict != event.verdict for other in seen.earlier):
        yield "lost", "6 one verdict a token", f"{event.verdict} after the other one"
    if event.verdict == "OK" and not payment.was_charged:
        yield "ok_without_charge", "4 OK only behind an approval", "no approval is recorded"
    if (
        event.verdict == "OK"
        and payment.reversal_stan
        and not _happened_last(seen, e.ReversalStarted, e.ReversalRefused)
    ):
        yield "refunded_but_paid", "7 the latches", "OK while it may be reversed"
    if event.verdict == "KO":
        yield from _really_not_charged(witness, seen)


def _lock_is_over(witness: Witness, seen: Recorded) -> Found:
    """Money rule 3: a lock is given up only when it is surely over; a request may have been under way for a while."""
    key = seen.before.activation.key if seen.before.activation else ""
    soonest = witness.decided_at + timedelta(seconds=_LONGEST_CALL)
    for session in witness.far_side.our_sessions():
        if session.is_open and (session.cache_key or "").endswith(f"/{key}") and session.expires_at > soonest:
            yield "unreleased", "a lock is given up when it is over", f"it lasts until {session.expires_at}"


def _happened_last(seen: Recorded, first: type[e.Event], second: type[e.Event]) -> bool:
    """Whether a `second` came after the last `first`."""
    last = [type(event) for event in seen.earlier if isinstance(event, (first, second))]
    return bool(last) and last[-1] is second


def _may_reverse(_witness: Witness, seen: Recorded) -> Found:
    """Invariant 7, money rule 4: never an unknown charge, never one whose OK may stand."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.ReversalStarted)
    known = payment.card or payment.other_amount_card
    if known is None or known.stan != event.stan:
        yield "refunded_but_paid", "4 an unknown charge is never reversed", f"STAN {event.stan}"
    if payment.ok_was_intended and not any(isinstance(other, _DEFINITE) for other in seen.earlier):
        yield "refunded_but_paid", "7 the latches", "reversed while OK may stand"


def _may_print(_witness: Witness, seen: Recorded) -> Found:
    """Invariant 15, money rule 9."""
    payment, event = seen.before, seen.event
    assert isinstance(event, e.PrintStarted)
    if event.copy in _PAID and not payment.accepted:
        yield "unreported_uncertain", "15 'eseguito' only after the answer", event.copy
    if event.copy in _PAID_LATE and not payment.recorded_late:
        yield "unreported_uncertain", "15 'eseguito' only after the answer", event.copy
    if event.copy == "not_executed" and not payment.proven_not_charged:
        yield "unreported_uncertain", "money rule 6", "'nothing charged' without proof"


RULES: Mapping[type[e.Event], tuple[Rule, ...]] = {
    e.CardApproved: (_whose_card,),
    e.CardOtherAmount: (_whose_card,),
    e.LateCardApproval: (_whose_card,),
    e.CardDeclined: (_really_not_charged,),
    e.CardNotStarted: (_really_not_charged,),
    e.CardNotCharged: (_really_not_charged,),
    e.ChargeStarted: (_may_charge,),
    e.ActivationIntended: (_one_activation,),
    e.OutcomeIntended: (_may_report,),
    e.LockExpired: (_lock_is_over,),
    e.ReversalStarted: (_may_reverse,),
    e.PrintStarted: (_may_print,),
}
