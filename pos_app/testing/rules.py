"""The money rules of architecture.md as checkers over the journal and what really happened in the doubles."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator

from pos_app.domain import events as e
from pos_app.domain.fold import Record
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.testing.world import World

Checker = Callable[[World], Iterator[str]]

_MONEY_PROVEN = (e.CardApproved, e.LateCardApproval, e.OperatorFoundCharged)


def broken_rules(world: World) -> list[str]:
    """Every money rule that this world breaks, each with what breaks it; empty when all hold."""
    return [f"{checker.__name__}: {sentence}" for checker in CHECKERS for sentence in checker(world)]


def one_card_command_per_charge_started(world: World) -> Iterator[str]:
    """Rule 1."""
    started = sum(isinstance(record.event, e.ChargeStarted) for record in world.journal.records)
    if world.reader.asked > started:
        yield f"the reader was asked {world.reader.asked} times for {started} ChargeStarted"


def no_charge_before_activation_or_for_another_amount(world: World) -> Iterator[str]:
    """Rule 2: what was asked for is what was activated plus the fee, and what was agreed to."""
    for payment_id, events in _by_payment(world).items():
        activated = agreed = None
        for event in events:
            if isinstance(event, e.ActivationAccepted):
                activated = event.amount
            if isinstance(event, e.CustomerConfirmed | e.AmountAccepted):
                agreed = (event.amount, event.amount + event.fee)
            if isinstance(event, e.ChargeStarted) and (agreed is None or (activated, event.amount) != agreed):
                yield f"{payment_id}: {event.amount} asked for, {activated} activated, {agreed} agreed to"


def one_verdict_per_token(world: World) -> Iterator[str]:
    """Rule 3: never two verdicts; the same key always with the same bytes."""
    bodies: dict[str, set[str]] = defaultdict(set)
    verdicts: dict[str, set[str]] = defaultdict(set)
    for body in world.psp.bodies:
        told = json.loads(body)
        bodies[told["key"]].add(body)
        if told["op"] == "outcome":
            verdicts[told["token"]].add(told["verdict"])
    yield from (f"key {key} went out with {len(sent)} bodies" for key, sent in bodies.items() if len(sent) > 1)
    yield from (f"{token} was reported {sent}" for token, sent in verdicts.items() if len(sent) > 1)


def ok_only_for_money_taken(world: World) -> Iterator[str]:
    """Rule 4, in the journal and in the reader's ledger."""
    for payment in world.payments:
        events = _by_payment(world)[payment.id]
        intended_ok = next((i for i, x in enumerate(events) if _intends(x, "OK")), None)
        if intended_ok is not None and not any(isinstance(x, _MONEY_PROVEN) for x in events[:intended_ok]):
            yield f"{payment.id}: OK was intended without proof of a charge"
        if payment.ok_was_intended and not _taken(world, payment):
            yield f"{payment.id}: OK was reported, no money was taken"


def ko_only_where_nothing_was_taken(world: World) -> Iterator[str]:
    """Rules 3 and 5: a KO is irrevocable, so it needs proof."""
    for payment in world.payments:
        if any(_intends(event, "KO") for event in _by_payment(world)[payment.id]) and _taken(world, payment):
            yield f"{payment.id}: KO was reported, money was taken"


def nothing_charged_is_said_only_where_it_is_true(world: World) -> Iterator[str]:
    """Rule 6, on paper."""
    if "not_executed" in world.printer.papers and not any(not _taken(world, payment) for payment in world.payments):
        yield "a 'not executed' slip came out, and every payment was charged"
    for payment in world.payments:
        said = payment.proven_not_charged and payment.state in (State.CLOSED, State.REPORTING_KO, State.DECLINED)
        if said and _taken(world, payment):
            yield f"{payment.id}: called not charged, money was taken"


def the_fold_is_the_live_state(world: World) -> Iterator[str]:
    """Rule 7: what the next process reads is what this one knew."""
    if dict(world.journal.reopened().payments) != dict(world.journal.payments):
        yield "the journal's fold differs from the live state"


def no_card_is_charged_twice(world: World) -> Iterator[str]:
    """Zero double: at most one charge that was not reversed, for each payment."""
    for payment in world.payments:
        lines = [line for line in world.reader.ledger if line.reference == payment.operation and not line.reversed]
        if len(lines) > 1:
            yield f"{payment.id}: charged {len(lines)} times"


def no_charge_is_lost(world: World) -> Iterator[str]:
    """Zero lost: after healing, money that was taken is reported, given back, or in front of a person."""
    for payment in world.payments:
        settled = payment.accepted or payment.recorded_late or payment.reversed or payment.needs_person
        if _taken(world, payment) and not settled:
            yield f"{payment.id}: money taken, state {payment.state.label}"


def every_session_gets_its_outcome(world: World) -> Iterator[str]:
    """Rule 3, liveness: after healing no session stays open unless a person holds it, or its lock is over."""
    held = {payment.token for payment in world.payments if payment.needs_person}
    known = {payment.token for payment in world.payments}
    for session in world.psp.sessions.values():
        over = world.clock.elapsed() > session.expires and session.token not in known
        if not session.outcome and session.token not in held and not over and not _lock_expired(world, session.token):
            yield f"{session.token} never got an outcome"


def nothing_is_stuck(world: World) -> Iterator[str]:
    """After healing every payment is closed or in front of a person."""
    for payment in world.payments:
        if payment.is_open and not payment.needs_person:
            yield f"{payment.id}: stuck in {payment.state.label}"


SAFETY: tuple[Checker, ...] = (
    one_card_command_per_charge_started,
    no_charge_before_activation_or_for_another_amount,
    one_verdict_per_token,
    ok_only_for_money_taken,
    ko_only_where_nothing_was_taken,
    nothing_charged_is_said_only_where_it_is_true,
    the_fold_is_the_live_state,
    no_card_is_charged_twice,
)
LIVENESS: tuple[Checker, ...] = (no_charge_is_lost, every_session_gets_its_outcome, nothing_is_stuck)
CHECKERS = (*SAFETY, *LIVENESS)


def _by_payment(world: World) -> dict[str, list[e.Event]]:
    found: dict[str, list[e.Event]] = defaultdict(list)
    records: list[Record] = world.journal.records
    for record in records:
        found[record.payment_id].append(record.event)
    return found


def _intends(event: e.Event, verdict: str) -> bool:
    return isinstance(event, e.OutcomeIntended) and event.verdict == verdict


def _taken(world: World, payment: Payment) -> bool:
    return any(line.reference == payment.operation and not line.reversed for line in world.reader.ledger)


def _lock_expired(world: World, token: str) -> bool:
    lines = (payment for payment in world.payments if payment.token == token)
    return any(isinstance(event, e.LockExpired) for payment in lines for event in _by_payment(world)[payment.id])
