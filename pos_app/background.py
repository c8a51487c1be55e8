"""What is parked: the outcome ladder, releases, charges left unknown by a restart. Knows no thread.

A payment belongs to the background once it is parked, and from a restart on: nobody is at the counter for it.
"""

from collections.abc import Callable, Mapping

from pos_app.actions import activation, card, outcome, paper, refund
from pos_app.desk import Desk, PaymentInProgress
from pos_app.domain.events import DeclineTimedOut, ReceiptDeferred
from pos_app.domain.payment import Payment
from pos_app.domain.prints import JobState
from pos_app.domain.states import State

Action = Callable[[PaymentInProgress], None]

_NOT_SOON = float("inf")
_POLL_SECONDS = 60.0


def _report(run: PaymentInProgress) -> None:
    if not outcome.give_up_lock(run):
        outcome.send(run)


def _give_up(run: PaymentInProgress) -> None:
    run.record(DeclineTimedOut())


def _print(run: PaymentInProgress) -> None:
    # No receipt of one citizen comes out while another pays; after a restart one that never started may.
    if run.payment.parked or run.payment.copies:
        run.record(ReceiptDeferred("il cittadino non è più al banco"))
        return
    while run.payment.state is State.PRINTING and _all_proven(run.payment):
        paper.print_receipt(run)
    if run.payment.state is State.PRINTING:
        run.record(ReceiptDeferred("nessuna prova che lo scontrino sia uscito"))


def _all_proven(payment: Payment) -> bool:
    sure = (JobState.QUEUED, JobState.PRINTED)
    return all(payment.copy_state(copy) in sure for copy in paper.copies_of(payment))


def _defer_refund(run: PaymentInProgress) -> None:
    refund.defer(run, "il cittadino non è più al banco")


ACTIONS: Mapping[State, Action] = {
    State.RELEASING: activation.release,
    State.DECLINED: _give_up,
    State.CHARGE_UNCERTAIN: card.resolve,
    State.OPERATOR_RULING: card.poll,
    State.REPORTING_OK: _report,
    State.REPORTING_KO: _report,
    State.REFUNDING: _defer_refund,
    State.REVERSING: _defer_refund,
    State.PRINTING: _print,
}


_AT_DEVICES = frozenset({State.CHARGE_UNCERTAIN, State.OPERATOR_RULING, State.REFUNDING, State.REVERSING})


def needs_devices(payment: Payment) -> bool:
    """Whether what it waits for needs the card reader or the printer, which belong to the loop at the counter."""
    prints = payment.state is State.PRINTING and not payment.parked  # also between its copies
    return prints or payment.state in _AT_DEVICES


def needs_none(payment: Payment) -> bool:
    """The others: they can go on while somebody pays at the counter."""
    return not needs_devices(payment)


class Background:
    """The work that goes on without anybody at the counter. `takes` says of which payments; without it, of all."""

    def __init__(self, desk: Desk, *, takes: Callable[[Payment], bool] | None = None) -> None:
        self.desk = desk
        self._takes = takes
        self._polled: dict[str, float] = {}

    def owned(self) -> list[Payment]:
        """The open payments that belong to the background, oldest first."""
        payments = self.desk.journal.payments.values()
        mine = [payment for payment in payments if payment.is_open and (payment.is_parked or payment.restarted)]
        return mine if self._takes is None else list(filter(self._takes, mine))

    def seconds_until_due(self) -> float:
        """Seconds until something is due; infinite when only people can go on."""
        return min((self._due_in(payment) for payment in self.owned()), default=_NOT_SOON)

    def step(self) -> bool:
        """Do the first thing that is due; False when nothing is."""
        for payment in self.owned():
            if self._due_in(payment) <= 0:
                self._polled[payment.id] = self.desk.clock.elapsed()
                ACTIONS[payment.state](PaymentInProgress(self.desk, payment.id))
                return True
        return False

    def try_now(self, payment: Payment) -> None:
        """Do what this payment needs next without waiting for its turn, and go on as long as that leads somewhere."""
        state = None
        while payment.state in ACTIONS and (payment.state is not state or payment.send_at_once):
            state = payment.state
            ACTIONS[state](PaymentInProgress(self.desk, payment.id))
            payment = self.desk.journal.payments[payment.id]

    def _due_in(self, payment: Payment) -> float:
        run = PaymentInProgress(self.desk, payment.id)
        if payment.state not in ACTIONS or payment.ladder_exhausted:
            return _NOT_SOON
        if payment.state is State.OPERATOR_RULING:
            return self._poll_due_in(payment)
        if payment.state in outcome.VERDICTS:
            return outcome.seconds_until_due(run)
        if payment.state is State.RELEASING:
            return activation.seconds_until_due(run)
        return 0.0

    def _poll_due_in(self, payment: Payment) -> float:
        """The reader is asked again every minute, as long as it can have anything to tell."""
        if payment.evidence_frozen or payment.other_amount_card is not None:
            return _NOT_SOON
        last = self._polled.get(payment.id)
        return 0.0 if last is None else max(0.0, last + _POLL_SECONDS - self.desk.clock.elapsed())
