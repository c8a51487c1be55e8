"""`transitions` behind one typed method: the live machine, built once a process from the table in `states`."""

from typing import Any

from transitions import Machine, MachineError

from pos_app.domain.events import Event
from pos_app.domain.payment import Payment
from pos_app.domain.states import TRANSITIONS, ImpossibleEvent, State, Transition


class _Cursor:
    """The model that `transitions` moves: a state, and the guards of the payment it stands for."""

    state: State
    payment: Payment | None = None

    def __getattr__(self, name: str) -> bool:
        # `transitions` asks the model for its guards by name; they are facts of the payment.
        if self.payment is None or name.startswith("_"):
            raise AttributeError(name)
        return bool(getattr(self.payment, name))


class PaymentMachine:
    """Says where an event leads. It does no I/O and remembers nothing between two questions."""

    def __init__(self) -> None:
        self._cursor: Any = _Cursor()
        self._machine = Machine(
            model=self._cursor,
            states=State,
            transitions=[_as_keywords(row) for row in TRANSITIONS],
            initial=State.READY,
            auto_transitions=False,
        )

    def next_state(self, payment: Payment, event: Event) -> State:
        """Where `event` leads `payment`. Raises ImpossibleEvent, also where no guard held."""
        self._cursor.payment, self._cursor.state = payment, payment.state
        name = type(event).__name__
        try:
            moved = self._cursor.trigger(name)
        except (MachineError, AttributeError) as error:
            raise ImpossibleEvent(f"{name} cannot happen in {payment.state.label}") from error
        if not moved:  # `transitions` says False, and nothing else, when no guard holds
            raise ImpossibleEvent(f"no guard let {name} happen in {payment.state.label}")
        state: State = self._cursor.state
        return state


def _as_keywords(row: Transition) -> dict[str, Any]:
    keywords: dict[str, Any] = {"trigger": row.event.__name__, "source": row.source, "dest": row.target}
    if row.guard is not None:
        keywords["conditions" if row.guard.wanted else "unless"] = row.guard.name
    return keywords
