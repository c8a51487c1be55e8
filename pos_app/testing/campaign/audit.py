"""What a campaign's world must look like when everything healed: journal, ledger and the Node's sessions agree."""

from collections.abc import Callable, Iterator, Mapping

from pos_app.domain import events as e
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.journal.layout import TERMINAL
from pos_app.sandbox.records import Session
from pos_app.testing.campaign.world import World

_MAYBE = (State.CHARGING, State.CHARGE_UNCERTAIN, State.OPERATOR_RULING)
_REFOLD_EVERY = 4  # seeds: reading everything back from its text takes long


def audit(world: World) -> None:
    """Add every broken rule to the witness."""
    # What a process that ended wrote last it may not have told the witness; earlier months the journal tells no more.
    payments = {**world.disk.payments_of_all_months(), **world.journal.payments}
    for rule in RULES:
        for count, name, sentence in rule(world, payments):
            world.witness.breach(count, name, sentence)


Found = Iterator[tuple[str, str, str]]
Rule = Callable[[World, Mapping[str, Payment]], Found]


# --- money ---------------------------------------------------------------------------------------


def _no_card_is_charged_twice(world: World, payments: Mapping[str, Payment]) -> Found:
    """Invariant 2: one charge a payment, and one a notice unless a person has the other in hand."""
    by_notice: dict[str, list[str]] = {}
    for payment in payments.values():
        charges = world.cable.truth.charges_of(payment.operation)
        if len(charges) > 1:
            yield "double", "2 one charge a payment", f"{payment.operation}: charged {len(charges)} times"
        if charges and payment.notice is not None and not payment.needs_person:
            by_notice.setdefault(payment.notice.number.digits, []).append(payment.operation)
    for number, operations in by_notice.items():
        if len(operations) > 1:
            yield "double", "2 one charge a notice", f"{number}: {', '.join(operations)}"


def _no_charge_is_lost(world: World, payments: Mapping[str, Payment]) -> Found:
    """Invariant 3: money that was taken is reported, given back, or in front of a person."""
    for charge in world.cable.truth.ledger:
        payment = next((each for each in payments.values() if each.operation == charge.reference), None)
        if payment is None:
            yield "lost", "3 no charge is lost", f"{charge.reference} is in no journal"
        elif not charge.reversed and not payment.needs_person:
            yield from _unsettled(world, payment)


def _unsettled(world: World, payment: Payment) -> Found:
    session = world.far_side.session(payment.token)
    if session is not None and session.is_paid:
        return
    if session is not None and world.far_side.was_paid_elsewhere(session):
        yield "rival_not_refunded", "a rival's payment stands", f"{payment.operation}: {payment.state.label}"
    else:
        yield (
            "lost",
            "3 no charge is lost",
            f"{payment.operation}: charged, {payment.state.label}, not paid at the Node",
        )


def _what_is_paid_was_charged(world: World, payments: Mapping[str, Payment]) -> Found:
    """Invariant 4: the Node's OK of ours stands on money that was taken and kept."""
    for payment in payments.values():
        session = world.far_side.session(payment.token)
        if session is None or not session.is_paid or payment.case_closed:
            continue
        lines = [line for line in world.cable.truth.ledger if line.reference == payment.operation]
        if not lines:
            yield "ok_without_charge", "4 OK only for money taken", payment.operation
        elif all(line.reversed for line in lines) and not (payment.needs_person or _wanted_back(world, payment)):
            yield "refunded_but_paid", "given back, and the Node's OK stands", payment.operation


def _wanted_back(world: World, payment: Payment) -> bool:
    """This PSP gives back what was reported late, whatever the Node keeps of it (`late_outcome = "refund"`)."""
    late = (event for event in world.witness.events[payment.id] if isinstance(event, e.RivalPaymentFound))
    return world.plan.refund_late and any(event.code == "PPT_TOKEN_SCADUTO" for event in late)


# --- sessions ------------------------------------------------------------------------------------


def _every_session_is_released(world: World, payments: Mapping[str, Payment]) -> Found:
    """Money rule 3: every session of ours gets its outcome, unless a person holds it or its lock is surely over."""
    for session in world.far_side.our_sessions():
        payment = _payment_of(session, payments)
        if session.outcome is not None or (payment is not None and _in_hand(world, payment)):
            continue
        if payment is not None and _is_superseded(world, session, payment):
            continue
        if payment is None:
            yield "unreleased", "every session is known", session.token
        elif not any(isinstance(event, e.LockExpired) for event in world.witness.events[payment.id]):
            yield "unreleased", "every session gets its outcome", f"{payment.operation}: {payment.state.label}"


def _is_superseded(world: World, session: Session, payment: Payment) -> bool:
    """Its lock is over, and a repeat that was sent while the machine slept opened the one that was reported on."""
    return payment.token not in ("", session.token) and session.expires_at <= world.clock.true_utc()


def _in_hand(world: World, payment: Payment) -> bool:
    """A person has it, had it, or the Node answered that it is too late, or that somebody else pays."""
    too_late = (e.RivalPaymentFound, e.OutcomeRecordedLate)
    answered = any(isinstance(event, too_late) for event in world.witness.events[payment.id])
    return payment.needs_person or payment.case_closed or answered


def _payment_of(session: Session, payments: Mapping[str, Payment]) -> Payment | None:
    key = (session.cache_key or "").rpartition("/")[2]
    for payment in payments.values():
        if payment.activation is not None and payment.activation.key == key:
            return payment
    return None


# --- what is told, and what is left --------------------------------------------------------------


def _what_is_unknown_is_seen(world: World, payments: Mapping[str, Payment]) -> Found:
    """Invariant 17, money rule 6: nothing uncertain is hidden, and "nothing charged" is only said where it is true."""
    for payment in payments.values():
        if payment.state in _MAYBE and (payment.id, payment.state) not in world.witness.shown:
            yield "unreported_uncertain", "17 uncertain is visible", f"{payment.operation}: {payment.state.label}"
        charged = bool(world.cable.truth.charges_of(payment.operation))
        if payment.state is State.CLOSED and payment.proven_not_charged and charged:
            yield "unreported_uncertain", "money rule 6", f"{payment.operation}: called not charged, and it was"


def _nothing_is_stuck(_world: World, payments: Mapping[str, Payment]) -> Found:
    """Invariants 14 and 26."""
    for payment in payments.values():
        if payment.is_open and not payment.needs_person:
            yield "stuck", "26 everything drains", f"{payment.operation}: {payment.state.label}"


def _the_fold_is_the_live_state(world: World, payments: Mapping[str, Payment]) -> Found:
    """Money rule 7 and invariant 21: what the next process reads is what this one knew, and its chain verifies."""
    for payment_id in world.witness.latest.keys() - payments.keys() - {TERMINAL}:
        yield "lost", "7 the fold is the live state", f"{payment_id}: the journal knows it no more"
    world.disk.let_go()
    if world.plan.seed % _REFOLD_EVERY == 0:
        world.disk.refold()
    again = world.disk.open().payments
    for payment_id, payment in payments.items():
        may_be_sealed = world.plan.real_disk and not (payment.is_open or payment.needs_person)
        if again.get(payment_id, payment if may_be_sealed else None) != payment:
            yield "lost", "7 the fold is the live state", f"{payment.operation}: the journal tells something else"


RULES: tuple[Rule, ...] = (
    _no_card_is_charged_twice,
    _no_charge_is_lost,
    _what_is_paid_was_charged,
    _every_session_is_released,
    _what_is_unknown_is_seen,
    _nothing_is_stuck,
    _the_fold_is_the_live_state,
)
