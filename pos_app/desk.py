"""Everything on the desk that a payment needs, and one payment in progress on it."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from drivers.contracts import CardReader, Document, ReaderStatus, ReceiptPrinter, ScannedCode, Tick
from pos_app.clock import Clock, has_surely_passed, seconds_since, stamp, surely_left
from pos_app.counter import Answer, Inbox, Question, Screen, View
from pos_app.domain.events import Event, Stamp
from pos_app.domain.fees import FeeRule
from pos_app.domain.fold import learn
from pos_app.domain.machine import PaymentMachine
from pos_app.domain.payment import Payment
from pos_app.journal.journal import PaymentJournal
from pos_app.psp.contract import PspClient

_TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """How long things may take, in seconds (architecture.md, "Time"; pagopa.md 3.4)."""

    verify: float = 15.0
    activate: float = 15.0
    outcome: float = 18.0
    status: float = 15.0
    card: float = 300.0
    first_outcome_tries: float = 105.0
    resolve: float = 240.0
    recovery: float = 600.0
    reversal: float = 300.0
    printing: float = 30.0
    question: float = 120.0
    outcome_slot: float = 15.0
    activation_slot: float = 12.0
    outcome_tries: int = 5
    activation_tries_at_counter: int = 2

    @property
    def token_budget(self) -> float:
        """The card starts only while at least this much token life is left."""
        return self.card + self.first_outcome_tries


@dataclass(frozen=True)
class Rules:
    """What the settings say about every payment.

    `transfer_date` plans the credit for a day of payment; `refund_late`: this PSP gives back what was reported late.
    """

    fee: FeeRule
    key_prefix: str
    transfer_date: Callable[[date], date]
    token_seconds: int = 1800
    verify_first: bool = True
    refund_late: bool = False
    language: str = "it"


# Which papers there are; the name is the copy's name in the journal too.
Compose = Callable[[Payment, str], Document]


# Why this reader must not be asked for money here, in a sentence; None where it may (money rule 11).
Objection = Callable[[ReaderStatus], str | None]


def no_objection(_status: ReaderStatus) -> str | None:
    """Anything may be charged: doubles among themselves."""
    return None


def trial() -> bool:
    """Nothing is worth anything: so it is wherever nobody says that all of it is real (money rule 11)."""
    return True


def no_tick() -> None:
    """Nobody wants to know that we are alive."""


@dataclass(frozen=True)
class Desk:
    """The collaborators of the terminal, each behind its contract. `random_text(n)` gives n letters and digits."""

    reader: CardReader
    printer: ReceiptPrinter
    psp: PspClient
    journal: PaymentJournal
    clock: Clock
    inbox: Inbox
    screen: Screen
    compose: Compose
    rules: Rules
    random_text: Callable[[int], str]
    limits: Limits = field(default_factory=Limits)
    tick: Tick = no_tick
    objection: Objection = no_objection
    is_trial: Callable[[], bool] = trial
    machine: PaymentMachine = field(default_factory=PaymentMachine)
    recording: threading.Lock = field(default_factory=threading.Lock)  # the loop and the background, one at a time
    view_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class PaymentInProgress:
    """One payment on the desk: what happened to it is recorded here, and nowhere else."""

    def __init__(self, desk: Desk, payment_id: str) -> None:
        self.desk = desk
        self.payment_id = payment_id

    @property
    def payment(self) -> Payment:
        """As it stands in the journal."""
        return self.desk.journal.payments.get(self.payment_id) or Payment(self.payment_id)

    def record(self, event: Event) -> Payment:
        """Journal `event`, then show where that leads. A failing write leaves everything as it was.

        Raises ImpossibleEvent before anything was written, JournalFailed when it could not be made durable.
        """
        with self.desk.recording:
            learned = learn(self.payment, stamp(self.desk.clock), event)
            expected = self.desk.machine.next_state(learned, event)
            payment = self.desk.journal.append(self.payment_id, event)
        assert payment.state is expected, "the machine and the fold read the same table"
        self.show()
        return payment

    def show(self, question: Question | None = None, warnings: tuple[str, ...] = (), fee: int | None = None) -> int:
        """Put the payment on the screen and return the view's number."""
        number = next(self.desk.view_numbers)
        left = None if self.payment.activation_sent is None else int(self.token_seconds_left())
        self.desk.screen.show(View(number, self.payment, question, warnings, fee, left))
        return number

    def ask(
        self, question: Question, *, timeout: float, warnings: tuple[str, ...] = (), fee: int | None = None
    ) -> Answer | None:
        """Ask, and wait for an answer to this very question; None when nobody answers in `timeout` seconds.

        A question about money names its `fee`. Codes that come in meanwhile are passed over: the notice on the desk is
        this one (reliability.md Q6).
        """
        number = self.show(question, warnings, fee)
        until = self.desk.clock.elapsed() + timeout
        while (left := until - self.desk.clock.elapsed()) > 0:
            self.desk.tick()
            reply = self.desk.inbox.next(min(left, _TICK_SECONDS))
            if reply is not None and not isinstance(reply, ScannedCode) and reply.to == number:
                return reply.answer
        return None

    def seconds_until_retry(self, since: Stamp, *, tries: int, slot: float) -> float:
        """Seconds until the next try: `slot` times (2^k - 1) after the k-th one; 0 when it is due (pagopa.md 3.4)."""
        wait: float = slot * (2**tries - 1)
        return max(0.0, round(wait - seconds_since(self.desk.clock, since), 3))

    def token_seconds_left(self) -> float:
        """Life that the token surely has left, counted from the moment before its request was sent; 0 without one."""
        activation, sent = self.payment.activation, self.payment.activation_sent
        if activation is None or sent is None:
            return 0.0
        return surely_left(self.desk.clock, sent, activation.token_seconds, self.desk.journal.latest)

    def token_is_surely_over(self) -> bool:
        """Whether no token of ours can be alive any more; while the clocks leave a doubt it may be.

        Where the first request got lost, it was a repeat that opened the session: a lock is counted from the last one.
        """
        activation, latest = self.payment.activation, self.payment.activation_latest
        if activation is None or latest is None:
            return True
        return has_surely_passed(self.desk.clock, latest, activation.token_seconds, self.desk.journal.latest)
