"""What the double does later: entries in the order of their time. No clock of its own."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Entry:
    """Something to do at a time, in seconds."""

    at: float
    number: int
    do: Callable[[float], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Agenda:
    """Entries in the order of their time; those of one time in the order they were made."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._numbers = itertools.count()

    @property
    def due(self) -> float | None:
        """Return when the next entry is to be done, None when there is none."""
        while self._entries and self._entries[0].cancelled:
            heapq.heappop(self._entries)
        return self._entries[0].at if self._entries else None

    def add(self, at: float, do: Callable[[float], None]) -> Entry:
        """Plan `do(at)`."""
        entry = Entry(at, next(self._numbers), do)
        heapq.heappush(self._entries, entry)
        return entry

    def run(self, now: float) -> None:
        """Do everything that is due at `now`."""
        while (due := self.due) is not None and due <= now:
            heapq.heappop(self._entries).do(due)
