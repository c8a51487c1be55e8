"""The state table is closed: every pair once, every state reachable, every state reaches CLOSED."""

from collections import defaultdict
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from pos_app.domain import events as e
from pos_app.domain.machine import PaymentMachine
from pos_app.domain.payment import Payment
from pos_app.domain.states import TRANSITIONS, Guard, ImpossibleEvent, State, Transition, next_state

EVENTS = e.Event.__subclasses__()
OPEN_STATES = [state for state in State if state not in (State.READY, State.CLOSED)]
MACHINE = PaymentMachine()


def sample(kind: type[e.Event]) -> e.Event:
    card = e.Card("00", "result-1", "00000001", 12700)
    values = {"str": "x", "int": 1, "bool": True, "Card": card, "Card | None": card, "tuple[str, ...]": ("x",)}
    wanted = {"notice_number": "301000000000012373", "creditor": "77777777777"}
    assert is_dataclass(kind)
    given = {f.name: wanted.get(f.name, values.get(str(getattr(f.type, "__name__", f.type)))) for f in fields(kind)}
    return kind(**given)


def payment_in(row: Transition) -> Payment:
    guard = row.guard
    changes: dict[str, Any] = {} if guard is None else GUARDS[guard.name][guard.wanted]
    return Payment("P1", state=row.source, **changes)


OK_INTENDED = e.OutcomeIntended("OK", "k", "b")
GUARDS: dict[str, dict[bool, dict[str, Any]]] = {
    "verify_is_off": {True: {"verify": False}, False: {"verify": True}},
    "is_parked": {True: {"parked": True}, False: {"parked": False}},
    "ok_was_intended": {True: {"outcomes": (OK_INTENDED,)}, False: {"outcomes": ()}},
}


def test_every_pair_of_state_and_event_stands_once_or_as_two_complementary_rows() -> None:
    rows: dict[tuple[State, type[e.Event]], list[Guard | None]] = defaultdict(list)
    for row in TRANSITIONS:
        rows[row.source, row.event].append(row.guard)
    for pair, guards in rows.items():
        if guards == [None]:
            continue
        first, second = guards
        assert first is not None, pair
        assert second is not None, pair
        assert (first.name, {first.wanted, second.wanted}) == (second.name, {True, False}), pair


def test_every_guard_is_a_truth_value_of_a_payment_and_one_of_the_two_holds() -> None:
    for row in TRANSITIONS:
        if row.guard is not None:
            for wanted in (True, False):
                payment = Payment("P1", state=State.REPORTING_OK, **GUARDS[row.guard.name][wanted])
                assert Guard(row.guard.name, wanted=wanted).holds(payment)
                assert not Guard(row.guard.name, wanted=not wanted).holds(payment)


def test_every_event_stands_in_the_table() -> None:
    assert {row.event for row in TRANSITIONS} == set(EVENTS) - {e.ReaderAccepted}  # the terminal's own, no payment's


def test_every_state_can_be_reached_from_ready() -> None:
    reached = {State.READY}
    while found := {row.target for row in TRANSITIONS if row.source in reached} - reached:
        reached |= found
    assert reached == set(State)


def test_every_state_reaches_closed() -> None:
    ending = {State.CLOSED}
    while found := {row.source for row in TRANSITIONS if row.target in ending} - ending:
        ending |= found
    assert ending == set(State)


@pytest.mark.parametrize("state", OPEN_STATES, ids=lambda state: state.label)
def test_a_restart_leads_somewhere_from_every_open_state(state: State) -> None:
    leads_to = next_state(Payment("P1", state=state), e.TerminalRestarted())
    expected = {
        State.VERIFYING: State.CLOSED,
        State.CONFIRMING: State.CLOSED,
        State.ACTIVATING: State.RELEASING,
        State.ACTIVATED: State.REPORTING_KO,
        State.CHARGING: State.CHARGE_UNCERTAIN,
        State.DECLINED: State.REPORTING_KO,
        State.REFUNDING: State.RECONCILING,
    }
    assert leads_to is expected.get(state, state)


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: f"{row.source.label}-{row.event.__name__}-{row.guard}")
def test_the_machine_and_the_table_say_the_same(row: Transition) -> None:
    payment, event = payment_in(row), sample(row.event)
    assert MACHINE.next_state(payment, event) is row.target
    assert next_state(payment, event) is row.target


def test_an_event_outside_the_table_is_impossible_for_machine_and_table() -> None:
    known = {(row.source, row.event) for row in TRANSITIONS}
    for state in State:
        for kind in EVENTS:
            if (state, kind) not in known:
                payment = Payment("P1", state=state)
                for way in (MACHINE.next_state, next_state):
                    with pytest.raises(ImpossibleEvent, match=kind.__name__):
                        way(payment, sample(kind))


def test_no_state_says_that_nothing_was_charged_while_the_card_may_have_moved() -> None:
    maybe = {row.target for row in TRANSITIONS if row.event in (e.ChargeStarted, e.CardUncertain, e.CardOtherAmount)}
    assert {state.money.value for state in maybe} == {"maybe charged"}
