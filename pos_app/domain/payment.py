"""Payment: everything that is known about a payment, and nothing that is not journaled; `fold` fills it in."""

from dataclasses import dataclass

from pos_app.domain import events as e
from pos_app.domain.money import Cents, cents
from pos_app.domain.notice import NoticeCode
from pos_app.domain.prints import JobState, PrintJob
from pos_app.domain.states import State


@dataclass(frozen=True)
class Payment:
    """One payment as its events tell it. Amounts in cents; "" and None mean "not known yet".

    `amount` is the best known one: printed on the notice, then verified, then activated. `confirmed` is what the
    citizen agreed to, amount and fee together, None before.
    """

    id: str
    state: State = State.READY
    opened: e.Stamp | None = None
    updated: e.Stamp | None = None

    # the notice
    notice: NoticeCode | None = None
    operation: str = ""
    language: str = "it"
    verify: bool = True
    amount: int = 0
    fee: int = 0
    confirmed: int | None = None
    trial: bool = False
    company_name: str = ""
    office_name: str = ""
    description: str = ""
    due_date: str = ""
    payment_note: str = ""
    standin: bool = False
    refusal: e.NoticeRefused | e.ActivationRefused | None = None

    # the activation
    activation: e.ActivationIntended | None = None
    activation_sent: e.Stamp | None = None
    activation_latest: e.Stamp | None = None  # by then at the latest the last repeat of it had left
    activation_tries: int = 0
    token: str = ""
    iuv: str = ""

    # the card
    baseline: e.BaselineTaken | None = None
    baseline_fresh: bool = False
    attempts: int = 0
    charge_started: e.Stamp | None = None
    charge_open: bool = False
    evidence_frozen: bool = False
    card: e.Card | None = None
    other_amount_card: e.Card | None = None
    late_cards: tuple[e.Card, ...] = ()
    found_charged_by: str = ""
    reversal_stan: str = ""
    reversed: bool = False
    reversal_card: e.Card | None = None
    reader_receipt: tuple[str, ...] = ()
    reason: str = ""

    # the outcome
    outcomes: tuple[e.OutcomeIntended, ...] = ()
    outcome_sent: e.Stamp | None = None
    outcome_tries: int = 0
    new_key_due: bool = False
    at_once_used: bool = False
    send_at_once: bool = False
    ladder_exhausted: bool = False
    conflict: bool = False
    accepted: bool = False
    recorded_late: str = ""
    settled_at: e.Stamp | None = None
    parked: bool = False

    # paper
    copies: tuple[PrintJob, ...] = ()
    receipt_deferred: str = ""
    restarted: bool = False
    case_closed: bool = False
    refunded: bool = False
    token_too_short: bool = False

    # --- guards of the state table -------------------------------------------------------------

    @property
    def verify_is_off(self) -> bool:
        """The terminal does not verify before it asks the citizen."""
        return not self.verify

    @property
    def is_parked(self) -> bool:
        """The citizen has gone with a slip; the background works on it."""
        return self.parked

    @property
    def ok_was_intended(self) -> bool:
        """An outcome OK may have been sent; it can never be taken back."""
        return any(outcome.verdict == "OK" for outcome in self.outcomes)

    # --- what others ask -----------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """There is still something to do."""
        return self.state not in (State.READY, State.CLOSED)

    @property
    def name(self) -> str:
        """What people call it: its operation number, or its id where it has none."""
        return self.operation or self.id

    @property
    def holds_notice(self) -> bool:
        """Reading this notice again must open this payment (money rule 8)."""
        return self.is_open and self.state not in (State.VERIFYING, State.CONFIRMING)

    @property
    def total(self) -> Cents:
        """What the card is asked for: amount and fee, in cents."""
        return cents(self.amount + self.fee)

    @property
    def pending_outcome(self) -> e.OutcomeIntended | None:
        """The outcome whose answer is awaited: the last intended one."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def was_charged(self) -> bool:
        """The card was charged, as far as it is proven, and the money is not back."""
        charged = self.card is not None or self.other_amount_card is not None or bool(self.found_charged_by)
        return charged and not (self.reversed or self.refunded)

    @property
    def proven_not_charged(self) -> bool:
        """Only then may anybody be told that nothing was charged (money rule 6)."""
        return not self.was_charged and not self.charge_open and not self.late_cards

    @property
    def needs_person(self) -> bool:
        """A person must look at it: a case."""
        if self.state is State.CLOSED:
            return self._late_approval_unheard
        return self.state in (State.OPERATOR_RULING, State.RECONCILING) or self.ladder_exhausted

    @property
    def _late_approval_unheard(self) -> bool:
        known = self.card.fingerprint if self.card else ""
        return not self.case_closed and any(late.fingerprint != known for late in self.late_cards)

    @property
    def holds_reader(self) -> bool:
        """No other charge may be asked for: the reader still has to tell about this one."""
        unknown = self.state in (State.CHARGING, State.CHARGE_UNCERTAIN, State.OPERATOR_RULING)
        return (unknown and not self.evidence_frozen) or (self.state is State.CLOSED and self._late_approval_unheard)

    def knows_card(self, fingerprint: str) -> bool:
        """Whether this very result of the reader is already one of this payment's facts."""
        cards = (self.card, self.other_amount_card, self.reversal_card, *self.late_cards)
        return any(card is not None and card.fingerprint == fingerprint for card in cards)

    def copy_state(self, copy: str) -> JobState:
        """Where this copy stands: how its last sending ended, QUEUED before the first."""
        job = self._last_job(copy)
        return job.state if job else JobState.QUEUED

    def copy_reason(self, copy: str) -> str:
        """Why its last sending is not proven, as a sentence; empty where there is nothing to explain."""
        job = self._last_job(copy)
        return job.reason if job else ""

    def copy_attempts(self, copy: str) -> int:
        """How often this copy was sent so that something of it may be on paper."""
        return sum(1 for job in self.copies if job.copy == copy and job.may_be_on_paper)

    def copy_was_printed(self, copy: str) -> bool:
        """Whether a whole one of it is proven to be in somebody's hands: every further one is a duplicate."""
        return any(job.copy == copy and job.state is JobState.PRINTED for job in self.copies)

    def _last_job(self, copy: str) -> PrintJob | None:
        return next((job for job in reversed(self.copies) if job.copy == copy), None)
