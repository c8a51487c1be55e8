"""The sandbox's own clock: the machine's moment plus an offset that only the control API moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def machine_time() -> datetime:
    """The machine's moment in UTC: what a sandbox server runs on."""
    return datetime.now(UTC)


class SandboxClock:
    """Tells the sandbox's moment. `machine` gives the machine's, with its time zone; `offset` is in seconds."""

    def __init__(self, machine: Callable[[], datetime] = machine_time, *, offset: float = 0) -> None:
        self._machine = machine
        self.offset = offset

    def now(self) -> datetime:
        """The moment in the sandbox, UTC."""
        return self._machine() + timedelta(seconds=self.offset)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.offset += seconds
