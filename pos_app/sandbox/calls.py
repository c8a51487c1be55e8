"""The last calls that any actor of the sandbox took, for whoever looks on (sandbox.md, `GET /control/calls`)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call: XML as text, None where none went out; `fault` names the armed fault that was at work."""

    seq: int
    at: str
    operation: str | None
    received_at: datetime
    request: str
    response: str | None
    http_status: int | None
    fault: str | None

    def as_json(self) -> dict[str, Any]:
        """As the control API answers it."""
        return {**asdict(self), "received_at": self.received_at.isoformat()}


class Calls:
    """A ring of the last `kept` calls."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._ring: dict[int, Call] = {}
        self._count = 0

    @property
    def dropped(self) -> int:
        """How many have fallen out of the ring."""
        return self._count - len(self._ring)

    def begin(self, at: str, received_at: datetime, request: str = "") -> Call:
        """Keep a call that is coming in, so that an unanswered one can be seen as well."""
        self._count += 1
        call = Call(self._count, at, None, received_at, request, None, None, None)
        self._ring[call.seq] = call
        if len(self._ring) > self._kept:
            del self._ring[next(iter(self._ring))]
        return call

    def update(self, call: Call) -> None:
        """Keep what has become of it, unless it has fallen out of the ring."""
        if call.seq in self._ring:
            self._ring[call.seq] = call

    def select(self, *, operation: str | None = None, at: str | None = None, since: int = 0) -> Iterator[Call]:
        """The kept calls, oldest first: of one operation, of one actor, with a seq above `since`."""
        for call in list(self._ring.values()):
            if call.seq > since and operation in (None, call.operation) and at in (None, call.at):
                yield call

    def get(self, seq: int) -> Call | None:
        """The kept call of that number."""
        return self._ring.get(seq)

    def newest(self, count: int) -> list[Call]:
        """The last `count` calls, newest first."""
        return list(islice(reversed(self._ring.values()), count))

    def clear(self) -> None:
        """Forget them; the numbers start anew."""
        self._ring.clear()
        self._count = 0
