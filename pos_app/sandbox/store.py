"""What the sandbox remembers: in memory, and in SQLite as well when a state file is named.

Every table is held in memory and read from there. What changed is written in one transaction by `save`, which the
server calls before it answers: a killed sandbox knows all that it ever said.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from pos_app.sandbox.legacy_records import Occurrence, PromisedRpt
from pos_app.sandbox.notices import Position
from pos_app.sandbox.records import KeptAnswer, Receipt, Session, TakenReceipt
from pos_app.sandbox.shapes import ShapeError, plain, read
from pos_app.sandbox.state_file import StateError, StateFile

T = TypeVar("T")


@dataclass(frozen=True)
class Offset:
    """The offset of the sandbox's clock, in seconds, so that deadlines survive a restart."""

    seconds: float = 0.0


class Table(Generic[T]):
    """Records of one kind by their key, in the order in which they came."""

    def __init__(self, kind: str, record: type[T], changed: Callable[[str, str, Any], None]) -> None:
        self.kind = kind
        self.record = record
        self._changed = changed
        self._rows: dict[str, T] = {}

    def __iter__(self) -> Iterator[T]:
        """All records, oldest first."""
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def get(self, key: str) -> T | None:
        """The record of that key."""
        return self._rows.get(key)

    def oldest(self, count: int) -> list[T]:
        """The `count` records that came first."""
        return list(islice(self._rows.values(), count))

    def put(self, key: str, row: T) -> None:
        """Keep `row`, in the place of what had its key."""
        self._rows[key] = row
        self._changed(self.kind, key, row)

    def drop(self, key: str) -> None:
        """Forget the record of that key, if there is one."""
        if self._rows.pop(key, None) is not None:
            self._changed(self.kind, key, None)

    def load(self, key: str, row: T) -> None:
        """Take in what the state file already has."""
        self._rows[key] = row


class Store:
    """The tables, and the state file behind them if there is one. Raises StateError if that can't be used."""

    def __init__(self, path: Path | None = None) -> None:
        self._unsaved: dict[tuple[str, str], Any] = {}
        self.positions = Table("position", Position, self._note)
        self.sessions = Table("session", Session, self._note)
        self.receipts = Table("receipt", Receipt, self._note)
        self.answers = Table("answer", KeptAnswer, self._note)
        self.taken = Table("taken", TakenReceipt, self._note)
        self.offset = Table("offset", Offset, self._note)
        self.occurrences = Table("occurrence", Occurrence, self._note)
        self.promised = Table("promised_rpt", PromisedRpt, self._note)
        self._file = None if path is None else StateFile(path)
        self._by_position: dict[str, list[str]] = {}
        self._by_token: dict[str, list[str]] = {}
        self._open: dict[str, None] = {}
        self._undelivered: dict[str, None] = {}
        self._unasked: dict[str, None] = {}
        if self._file is not None:
            self._load(self._file)

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """Every table."""
        nodes = (self.sessions, self.receipts, self.answers, self.occurrences)
        return (self.positions, *nodes, self.taken, self.promised, self.offset)

    def sessions_of(self, position: str) -> tuple[Session, ...]:
        """The sessions of a debt position, oldest first."""
        tokens = self._by_position.get(position, [])
        return tuple(session for session in map(self.sessions.get, tokens) if session is not None)

    def open_sessions(self) -> tuple[Session, ...]:
        """The sessions that still lock their notice, oldest first."""
        return tuple(session for token in self._open if (session := self.sessions.get(token)) is not None)

    def receipts_of(self, token: str) -> tuple[Receipt, ...]:
        """The receipts of a session, in the order of its transfer list."""
        keys = self._by_token.get(token, [])
        return tuple(receipt for receipt in map(self.receipts.get, keys) if receipt is not None)

    def undelivered(self) -> tuple[str, ...]:
        """The keys of the receipts that still have a try to come."""
        return tuple(self._undelivered)

    def unasked(self) -> tuple[str, ...]:
        """The CCPs under which the Node still has to ask an EC of the old model."""
        return tuple(self._unasked)

    def save(self) -> None:
        """Write what changed since the last time, as one transaction."""
        changes, self._unsaved = self._unsaved, {}
        if self._file is not None and changes:
            self._file.write((kind, key, _text(row)) for (kind, key), row in changes.items())

    def clear(self) -> None:
        """Forget everything."""
        for table in self.tables:
            for key in list(table._rows):  # noqa: SLF001 - a table is the store's own part
                table.drop(key)
        for index in (self._by_position, self._by_token, self._open, self._undelivered, self._unasked):
            index.clear()

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.save()
        if self._file is not None:
            self._file.close()

    def _note(self, kind: str, key: str, row: Any) -> None:
        self._unsaved[kind, key] = row
        self._index(row)

    def _index(self, row: Any) -> None:
        """Keep the ways to find sessions and receipts other than by their keys."""
        if isinstance(row, Session):
            _listed(self._by_position, row.position, row.token)
            _marked(self._open, row.token, marked=row.is_open)
        elif isinstance(row, Receipt):
            _listed(self._by_token, row.token, row.key)
            _marked(self._undelivered, row.key, marked=row.next_try is not None)
        elif isinstance(row, Occurrence):
            _marked(self._unasked, row.ccp, marked=row.next_asking is not None)

    def _load(self, file: StateFile) -> None:
        tables = {table.kind: table for table in self.tables}
        try:
            for kind, key, value in file.rows():
                row = read(tables[kind].record, json.loads(value), key)
                tables[kind].load(key, row)
                self._index(row)
        except (ShapeError, ValueError, KeyError) as error:
            raise StateError(f"{file.path} is not a state file of this sandbox: {error}") from error


def _text(row: Any) -> str | None:
    return None if row is None else json.dumps(plain(row), ensure_ascii=False, separators=(",", ":"))


def _listed(index: dict[str, list[str]], name: str, key: str) -> None:
    keys = index.setdefault(name, [])
    if key not in keys:
        keys.append(key)


def _marked(index: dict[str, None], key: str, *, marked: bool) -> None:
    if marked:
        index[key] = None
    else:
        index.pop(key, None)
