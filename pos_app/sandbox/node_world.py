"""What the Node's rules work on: registry, memory, clock, and where tokens come from."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pos_app.psp.wire import Operation
from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.records import Session
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.store import Store
from pos_app.sandbox.xmltree import Element

Archive = Callable[[Operation, Element], Element]


@dataclass
class NodeWorld:
    """The Node's collaborators. `archive` answers in an EC's stead; `activating` are notices being activated."""

    registry: Callable[[], Registry]
    store: Store
    clock: SandboxClock
    new_token: Callable[[], str]
    archive: Archive
    activating: set[str] = field(default_factory=set)

    def position_status(self, position: str) -> str:
        """INSERTED, PAYING, PAID or NOTIFIED (pagopa.md 1.2)."""
        sessions = self.store.sessions_of(position)
        if any(session.is_paid for session in sessions):
            return "NOTIFIED" if any(session.status == "NOTIFIED" for session in sessions) else "PAID"
        return "PAYING" if any(session.is_open for session in sessions) else "INSERTED"

    def keep(self, session: Session) -> Session:
        """Put a changed session in the store."""
        self.store.sessions.put(session.token, session)
        return session
