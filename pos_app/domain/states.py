"""The state table (architecture.md, "The state table"): everything about which event leads where lives in this file.

A state is what we wait for; an event is what happened. A guard is the name of a truth value of `Payment`; the two
guarded rows of one pair are complementary, which a test proves.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pos_app.domain import events as e


class Money(enum.Enum):
    """What a state knows about the citizen's money."""

    NONE = "nothing charged"
    MAYBE = "maybe charged"
    MOVED = "charged"
    SETTLED = "settled"
    AS_JOURNALED = "as the journal says"


class State(enum.Enum):
    """What a payment waits for, and what is known about the money meanwhile."""

    READY = "READY", Money.NONE
    VERIFYING = "VERIFYING", Money.NONE
    CONFIRMING = "CONFIRMING", Money.NONE
    ACTIVATING = "ACTIVATING", Money.NONE
    RELEASING = "RELEASING", Money.NONE
    ACTIVATED = "ACTIVATED", Money.NONE
    CHARGING = "CHARGING", Money.MAYBE
    DECLINED = "DECLINED", Money.NONE
    CHARGE_UNCERTAIN = "CHARGE_UNCERTAIN", Money.MAYBE
    OPERATOR_RULING = "OPERATOR_RULING", Money.MAYBE
    REPORTING_OK = "REPORTING_OK", Money.MOVED
    REPORTING_KO = "REPORTING_KO", Money.NONE
    REFUNDING = "REFUNDING", Money.MOVED
    REVERSING = "REVERSING", Money.MOVED
    PRINTING = "PRINTING", Money.SETTLED
    RECONCILING = "RECONCILING", Money.AS_JOURNALED
    CLOSED = "CLOSED", Money.AS_JOURNALED

    def __init__(self, label: str, money: Money) -> None:
        self.label = label
        self.money = money


# These wait for nobody at the counter: the citizen has gone, the counter takes the next one.
PARKED_BY_NATURE = frozenset({State.RELEASING, State.OPERATOR_RULING, State.RECONCILING})


@dataclass(frozen=True)
class Guard:
    """The row holds only while `Payment.<name>` is `wanted`."""

    name: str
    wanted: bool = True

    def holds(self, payment: object) -> bool:
        """Whether it holds for this payment."""
        return bool(getattr(payment, self.name)) is self.wanted

    def __str__(self) -> str:
        """As the diagram shows it."""
        words = self.name.replace("_", " ")
        return words if self.wanted else f"not {words}"


@dataclass(frozen=True)
class Transition:
    """One row: in `source`, `event` leads to `target`, if the guard holds."""

    source: State
    event: type[e.Event]
    target: State
    guard: Guard | None = None


def _rows(source: State, *moves: tuple[State, tuple[type[e.Event], ...]]) -> tuple[Transition, ...]:
    return tuple(Transition(source, event, target) for target, events in moves for event in events)


def _guarded(
    source: State, event: type[e.Event], name: str, *, then: State, otherwise: State
) -> tuple[Transition, Transition]:
    return Transition(source, event, then, Guard(name)), Transition(source, event, otherwise, Guard(name, wanted=False))


def _stay(event: type[e.Event], sources: Iterable[State]) -> tuple[Transition, ...]:
    return tuple(Transition(source, event, source) for source in sources)


S = State

# Paper may come out here: the receipt, or a slip that says what is going on.
PAPER = (
    S.CHARGE_UNCERTAIN,
    S.OPERATOR_RULING,
    S.REPORTING_OK,
    S.REPORTING_KO,
    S.REFUNDING,
    S.PRINTING,
    S.RECONCILING,
    S.CLOSED,
)

# What happens while an outcome has no final answer, and leads nowhere.
_UNTIL_ANSWERED = (
    e.OutcomeIntended,
    e.OutcomeUnanswered,
    e.OutcomeBlocked,
    e.LadderExhausted,
    e.LadderReset,
    e.PaymentParked,
    e.TerminalRestarted,
)

TRANSITIONS: tuple[Transition, ...] = (
    *_guarded(S.READY, e.NoticeRead, "verify_is_off", then=S.CONFIRMING, otherwise=S.VERIFYING),
    *_rows(S.READY, (S.RECONCILING, (e.UnexplainedApproval,))),
    *_rows(
        S.VERIFYING,
        (S.CONFIRMING, (e.NoticeVerified,)),
        (S.CLOSED, (e.NoticeRefused, e.VerificationUnanswered, e.TerminalRestarted)),
    ),
    *_rows(
        S.CONFIRMING,
        (S.ACTIVATING, (e.CustomerConfirmed,)),
        (
            S.CLOSED,
            (
                e.CustomerCancelled,
                e.ConfirmationTimedOut,
                e.ReaderNotReady,
                e.AmountNotChargeable,
                e.TerminalRestarted,
            ),
        ),
    ),
    *_rows(
        S.ACTIVATING,
        (S.ACTIVATED, (e.ActivationAccepted,)),
        (S.CLOSED, (e.ActivationRefused,)),
        (S.ACTIVATING, (e.ActivationIntended, e.ActivationUnanswered)),
        (S.RELEASING, (e.ActivationAbandoned, e.TerminalRestarted)),
    ),
    *_rows(
        S.RELEASING,
        (S.REPORTING_KO, (e.ActivationAccepted,)),
        (S.CLOSED, (e.ActivationRefused, e.LockExpired)),
        (S.RELEASING, (e.ActivationIntended, e.ActivationUnanswered, e.TerminalRestarted)),
    ),
    *_rows(
        S.ACTIVATED,
        (S.ACTIVATED, (e.AmountAccepted,)),
        (S.CHARGING, (e.ChargeStarted,)),
        (
            S.REPORTING_KO,
            (
                e.CustomerCancelled,
                e.ConfirmationTimedOut,
                e.TokenTooShort,
                e.AmountNotChargeable,
                e.TerminalRestarted,
            ),
        ),
        (S.DECLINED, (e.ReaderNotReady,)),
        (S.REPORTING_OK, (e.LateCardApproval,)),
    ),
    *_rows(
        S.CHARGING,
        (S.REPORTING_OK, (e.CardApproved,)),
        (S.DECLINED, (e.CardDeclined, e.CardNotStarted)),
        (S.CHARGE_UNCERTAIN, (e.CardUncertain, e.TerminalRestarted)),
        (S.OPERATOR_RULING, (e.CardOtherAmount,)),
    ),
    *_rows(
        S.DECLINED,
        (S.ACTIVATED, (e.AnotherCardOffered,)),
        (S.REPORTING_KO, (e.CustomerCancelled, e.TokenTooShort, e.DeclineTimedOut, e.TerminalRestarted)),
        (S.REPORTING_OK, (e.LateCardApproval,)),
    ),
    *_rows(
        S.CHARGE_UNCERTAIN,
        (S.REPORTING_OK, (e.CardApproved,)),
        (S.DECLINED, (e.CardDeclined, e.CardNotCharged)),
        (S.OPERATOR_RULING, (e.CardOtherAmount, e.RecoveryExhausted)),
        (S.CHARGE_UNCERTAIN, (e.TerminalRestarted,)),
    ),
    *_rows(
        S.OPERATOR_RULING,
        (S.REPORTING_OK, (e.CardApproved, e.OperatorFoundCharged)),
        (S.REPORTING_KO, (e.CardNotCharged, e.OperatorFoundNotCharged)),
        (S.REVERSING, (e.ReversalStarted,)),
        (S.OPERATOR_RULING, (e.EvidenceFrozen, e.TerminalRestarted)),
    ),
    *_guarded(S.REPORTING_OK, e.RivalPaymentFound, "is_parked", then=S.RECONCILING, otherwise=S.REFUNDING),
    *_guarded(S.REPORTING_OK, e.OutcomeDiscordant, "is_parked", then=S.RECONCILING, otherwise=S.REFUNDING),
    *_rows(
        S.REPORTING_OK,
        (S.PRINTING, (e.OutcomeAccepted, e.OutcomeRecordedLate)),
        (S.RECONCILING, (e.OutcomeRefused,)),
        (
            S.REPORTING_OK,
            _UNTIL_ANSWERED,
        ),
    ),
    *_rows(
        S.REPORTING_KO,
        (S.CLOSED, (e.OutcomeAccepted, e.OutcomeRecordedLate, e.RivalPaymentFound, e.LockExpired)),
        (S.RECONCILING, (e.OutcomeDiscordant, e.OutcomeRefused)),
        (
            S.REPORTING_KO,
            _UNTIL_ANSWERED,
        ),
    ),
    *_rows(
        S.REFUNDING,
        (S.REVERSING, (e.ReversalStarted,)),
        (S.RECONCILING, (e.RefundDeferred, e.TerminalRestarted)),
    ),
    *_guarded(S.REVERSING, e.ReversalApproved, "ok_was_intended", then=S.PRINTING, otherwise=S.REPORTING_KO),
    *_rows(
        S.REVERSING,
        (S.REFUNDING, (e.ReversalRefused,)),
        (S.RECONCILING, (e.RefundDeferred,)),
        (S.REVERSING, (e.ReversalUncertain, e.TerminalRestarted)),
    ),
    *_rows(
        S.PRINTING,
        (S.CLOSED, (e.ReceiptPrinted, e.ReceiptDeferred)),
        (S.PRINTING, (e.PrinterNotReady, e.TerminalRestarted)),
    ),
    *_guarded(S.RECONCILING, e.OutcomeResent, "ok_was_intended", then=S.REPORTING_OK, otherwise=S.REPORTING_KO),
    *_rows(
        S.RECONCILING,
        (S.CLOSED, (e.CaseClosed,)),
        (S.RECONCILING, (e.TerminalRestarted, e.ReversalApproved)),
    ),
    # A late approval on a closed payment holds the reader until a person chose; this is how they say so.
    *_stay(e.CaseClosed, (S.CLOSED,)),
    # The journal was put aside, and what was lost with it may have been a charge. Where a token is known and no OK went
    # out, a person rules whether there was one; elsewhere a person closes the case, or sends the same outcome again.
    *(
        Transition(source, e.CarriedOver, S.RECONCILING)
        for source in (
            S.READY,
            S.VERIFYING,
            S.CONFIRMING,
            S.ACTIVATING,
            S.RELEASING,
            S.REPORTING_KO,
            S.REFUNDING,
            S.PRINTING,
            S.RECONCILING,
            S.CLOSED,
        )
    ),
    *(
        Transition(source, e.CarriedOver, S.OPERATOR_RULING)
        for source in (S.ACTIVATED, S.CHARGING, S.DECLINED, S.CHARGE_UNCERTAIN, S.OPERATOR_RULING)
    ),
    *_guarded(S.REPORTING_OK, e.CarriedOver, "ok_was_intended", then=S.RECONCILING, otherwise=S.OPERATOR_RULING),
    *_guarded(S.REVERSING, e.CarriedOver, "ok_was_intended", then=S.RECONCILING, otherwise=S.OPERATOR_RULING),
    *_stay(e.BaselineTaken, (S.CONFIRMING, S.ACTIVATED)),
    *_stay(e.ReaderReceiptTaken, (*PAPER, S.DECLINED)),
    *_stay(e.PrintStarted, PAPER),
    *_stay(e.CopyPrinted, PAPER),
    *_stay(e.CopyUnproven, PAPER),
    *_stay(
        e.LateCardApproval,
        (S.REPORTING_OK, S.REPORTING_KO, S.REFUNDING, S.REVERSING, S.PRINTING, S.RECONCILING, S.CLOSED),
    ),
)

_BY_PAIR: dict[tuple[State, type[e.Event]], tuple[Transition, ...]] = {
    pair: tuple(row for row in TRANSITIONS if (row.source, row.event) == pair)
    for pair in {(row.source, row.event) for row in TRANSITIONS}
}


class ImpossibleEvent(Exception):
    """This event cannot happen in this state: a mistake of ours, caught before anything was written."""


class HasState(Protocol):
    """What the table needs of a payment: where it is; guards are looked up by name."""

    @property
    def state(self) -> State:
        """What it waits for."""
        ...


def next_state(payment: HasState, event: e.Event) -> State:
    """Where `event` leads this payment, by the table alone. Raises ImpossibleEvent."""
    for row in _BY_PAIR.get((payment.state, type(event)), ()):
        if row.guard is None or row.guard.holds(payment):
            return row.target
    raise ImpossibleEvent(f"{type(event).__name__} cannot happen in {payment.state.label}")
