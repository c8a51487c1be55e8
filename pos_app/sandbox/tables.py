"""Records of one kind: the latest in memory, the others in a file, so that memory stays flat however many there are."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
HOT = 400  # records of a kind in memory; when there are more, only the latest two thirds stay


class Cold(Protocol):
    """Where a table's records go that are not in memory."""

    def row(self, kind: str, key: str) -> Any:
        """The record, None if it isn't there."""
        ...

    def oldest(self, kind: str, count: int) -> list[str]:
        """The keys that came first."""
        ...


class Table(Generic[T]):
    """Records of one kind by their key, in the order in which they came.

    `changed` hears of each change with what was there before and what is there now.
    """

    def __init__(self, kind: str, record: type[T], cold: Cold, changed: Callable[[str, str, Any, Any], None]) -> None:
        self.kind = kind
        self.record = record
        self._cold = cold
        self._changed = changed
        self._rows: dict[str, T] = {}
        self._away = 0

    def __iter__(self) -> Iterator[T]:
        """All records, oldest first."""
        if not self._away:
            return iter(list(self._rows.values()))
        return iter(self.oldest(len(self)))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows) + self._away

    @property
    def has_cold(self) -> bool:
        """Whether some of the records are in the file alone."""
        return self._away > 0

    def get(self, key: str) -> T | None:
        """The record of that key; one from the file comes back into memory."""
        found = self._rows.get(key)
        if found is None and self._away:
            found = self._cold.row(self.kind, key)
            if found is not None:
                self._rows[key] = found
                self._away -= 1
        return found

    def oldest(self, count: int) -> list[T]:
        """The `count` records that came first."""
        if not self._away:
            return list(islice(self._rows.values(), count))
        keys = dict.fromkeys((*self._cold.oldest(self.kind, count), *self._rows))
        return [row for key in islice(keys, count) if (row := self.get(key)) is not None]

    def newest(self, count: int) -> list[T]:
        """The `count` records that came last, newest first."""
        return list(islice(reversed(self._rows.values()), count))

    def put(self, key: str, row: T) -> None:
        """Keep `row`, in the place of what had its key."""
        before = self.get(key)
        self._rows[key] = row
        self._changed(self.kind, key, before, row)

    def drop(self, key: str) -> None:
        """Forget the record of that key, if there is one."""
        before = self.get(key)
        if before is not None:
            del self._rows[key]
            self._changed(self.kind, key, before, None)

    def load(self, key: str, row: T) -> None:
        """Take in what the state file already has."""
        self._rows[key] = row

    def too_many(self) -> list[tuple[str, T]]:
        """The records that should leave memory, oldest first; none as long as there is room."""
        count = len(self._rows)
        return list(islice(self._rows.items(), count - HOT * 2 // 3)) if count > HOT else []

    def leave(self, keys: list[str]) -> None:
        """Forget these here: the file has them."""
        for key in keys:
            del self._rows[key]
        self._away += len(keys)

    def empty(self) -> None:
        """Forget everything, without telling anybody."""
        self._rows.clear()
        self._away = 0
