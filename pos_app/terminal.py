"""The loop: do the state's action, record the event, repeat; recovery first.

`Terminal` knows no thread and no clock of its own. It works on one payment at a time, the one at the counter; what is
parked belongs to `Background`.
"""

import contextlib
from collections.abc import Callable, Mapping
from functools import partial

from drivers.errors import DeviceError
from pos_app import ids
from pos_app.actions import activation, card, late, notice, outcome, paper, refund
from pos_app.actions.paper import print_slip
from pos_app.counter import Answer, Question
from pos_app.desk import Desk, PaymentInProgress
from pos_app.domain.events import NoticeRead, TerminalRestarted
from pos_app.domain.notice import NoticeCode
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.errors import JournalFailed

_LISTEN_SECONDS = 0.5

Action = Callable[[PaymentInProgress], None]

ACTIONS: Mapping[State, Action] = {
    State.VERIFYING: notice.verify,
    State.CONFIRMING: notice.confirm,
    State.ACTIVATING: activation.activate,
    State.ACTIVATED: activation.start_charge,
    State.CHARGING: card.charge,
    State.DECLINED: card.offer_another_card,
    State.CHARGE_UNCERTAIN: card.resolve,
    State.REPORTING_OK: outcome.report,
    State.REPORTING_KO: outcome.report,
    State.REFUNDING: refund.offer_reversal,
    State.REVERSING: refund.reverse,
    State.PRINTING: paper.print_receipt,
}


class Terminal:
    """The payment at the counter. `actions` is for tests that prove what a wrong action would break."""

    def __init__(self, desk: Desk, actions: Mapping[State, Action] = ACTIONS) -> None:
        self.desk = desk
        self._actions = actions
        self._current: PaymentInProgress | None = None
        desk.reader.on_late = partial(late.take, desk)

    # --- start ---------------------------------------------------------------------------------

    def recover(self) -> list[Payment]:
        """Tell every open payment that its process ended; they belong to the background now. Idempotent.

        Before this nothing may be heard from the reader: what it tells late belongs to a charge that is uncertain now.
        """
        journal = self.desk.journal
        left_open = [payment for payment in journal.payments.values() if payment.is_open]
        return [journal.append(payment.id, TerminalRestarted()) for payment in left_open]

    def listen(self) -> None:
        """Take what the reader has to tell from before; an absent reader tells it another time."""
        with contextlib.suppress(DeviceError):
            self.desk.reader.listen(timeout=_LISTEN_SECONDS, tick=self.desk.tick)

    # --- one payment ---------------------------------------------------------------------------

    @property
    def current(self) -> Payment | None:
        """The payment at the counter, as it stands; None when there is none."""
        return self._current.payment if self._current else None

    def begin(self, code: NoticeCode) -> Payment:
        """Take this notice to the counter. Where a payment of ours holds it already, that one comes back (rule 8).

        Raises JournalFailed while the journal can't be trusted with a new sale.
        """
        if self.desk.journal.degraded is not None:
            raise JournalFailed(self.desk.journal.degraded)
        held = self.holding(code)
        if held is not None:
            return held
        payment_id = ids.payment_id(self.desk.clock, self.desk.random_text)
        self._current = PaymentInProgress(self.desk, payment_id)
        return self._current.record(
            NoticeRead(
                notice_number=code.number.digits,
                creditor=code.creditor.digits,
                amount=code.amount,
                source=code.source,
                verify=self.desk.rules.verify_first,
                operation=ids.operation_number(self.desk.clock, self.desk.journal.operations + 1),
                language=self.desk.rules.language,
            )
        )

    def holding(self, code: NoticeCode) -> Payment | None:
        """Our payment that holds this notice, if there is one."""
        for payment in self.desk.journal.payments.values():
            notice_read = payment.notice
            if notice_read and payment.holds_notice and _same_notice(notice_read, code):
                return payment
        return None

    def step(self) -> bool:
        """Do the action of the current payment's state; False when there is nothing left to do at the counter."""
        run = self._current
        if run is None or not _is_at_counter(run.payment):
            self._current = None
            return False
        before = run.payment.state
        self._actions[before](run)
        _hand_out_slip(run, before)
        return True

    def pay(self, code: NoticeCode) -> Payment:
        """One payment from its notice to where the counter is done with it."""
        payment = self._through(code)
        while _may_start_again(payment) and self._asks_to_start_again(payment):
            payment = self._through(code)
        return payment

    def _through(self, code: NoticeCode) -> Payment:
        payment = self.begin(code)
        while self.step():
            pass
        return self.desk.journal.payments[payment.id]

    def _asks_to_start_again(self, payment: Payment) -> bool:
        run = PaymentInProgress(self.desk, payment.id)
        return run.ask(Question.START_AGAIN, timeout=self.desk.limits.question) is Answer.YES


def _is_at_counter(payment: Payment) -> bool:
    return payment.is_open and not payment.is_parked


def _may_start_again(payment: Payment) -> bool:
    """The token had too little life left for the card; it was given back, so a fresh one can be had."""
    return payment.token_too_short and payment.state is State.CLOSED and payment.proven_not_charged


def _same_notice(one: NoticeCode, other: NoticeCode) -> bool:
    return (one.number, one.creditor) == (other.number, other.creditor)


def _hand_out_slip(run: PaymentInProgress, before: State) -> None:
    """After a session was opened and nothing was paid, the citizen gets that in writing."""
    payment = run.payment
    if before is State.REPORTING_KO and payment.state is State.CLOSED and not payment.reversed:
        print_slip(run, "not_executed")
    if before is not payment.state is State.RECONCILING and before is not State.REFUNDING:
        print_slip(run, "refund_due" if payment.was_charged else "in_verification")
