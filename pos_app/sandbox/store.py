"""What the sandbox remembers: the latest of it in memory, all of it in SQLite when a state file is named.

What changed is written in one transaction by `save`, which the server calls before it answers: a killed sandbox knows
all that it ever said. Without a state file the older records spill into a nameless one, so that memory stays flat.
"""

import json
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

from pos_app.sandbox.legacy_records import Occurrence, PromisedRpt
from pos_app.sandbox.notices import Position
from pos_app.sandbox.records import KeptAnswer, Offset, Receipt, Session, TakenReceipt
from pos_app.sandbox.shapes import ShapeError, plain, read
from pos_app.sandbox.state_file import Change, StateError, StateFile
from pos_app.sandbox.tables import Table


class Store:
    """The tables, and the file behind them. Raises StateError if the state file can't be used.

    `totals` counts over everything that happened (sandbox.md, `GET /control/totals`); amounts in cents.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._unsaved: dict[tuple[str, str], Any] = {}
        self.positions = Table("position", Position, self, self._note)
        self.sessions = Table("session", Session, self, self._note)
        self.receipts = Table("receipt", Receipt, self, self._note)
        self.answers = Table("answer", KeptAnswer, self, self._note)
        self.taken = Table("taken", TakenReceipt, self, self._note)
        self.offset = Table("offset", Offset, self, self._note)
        self.occurrences = Table("occurrence", Occurrence, self, self._note)
        self.promised = Table("promised_rpt", PromisedRpt, self, self._note)
        self.totals: Counter[str] = Counter()
        self._keeps = path is not None
        self._path = path
        self._spilt: set[str] = set()
        self._children: dict[tuple[str, str], dict[str, None]] = {}
        self._open: dict[str, None] = {}
        self._undelivered: dict[str, None] = {}
        self._unasked: dict[str, None] = {}
        if self._keeps:
            self._load(self._file)

    @cached_property
    def _file(self) -> StateFile:
        """Opened at once where one is named; the nameless one when the first record spills into it."""
        return StateFile(self._path)

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """Every table."""
        nodes = (self.sessions, self.receipts, self.answers, self.occurrences)
        return (self.positions, *nodes, self.taken, self.promised, self.offset)

    def sessions_of(self, position: str) -> tuple[Session, ...]:
        """The sessions of a debt position, oldest first."""
        keys = self._belonging(self.sessions, position)
        return tuple(session for session in map(self.sessions.get, keys) if session is not None)

    def open_sessions(self) -> tuple[Session, ...]:
        """The sessions that still lock their notice, oldest first."""
        return tuple(session for token in list(self._open) if (session := self.sessions.get(token)) is not None)

    def receipts_of(self, token: str) -> tuple[Receipt, ...]:
        """The receipts of a session, in the order of its transfer list."""
        keys = self._belonging(self.receipts, token)
        return tuple(receipt for receipt in map(self.receipts.get, keys) if receipt is not None)

    def undelivered(self) -> tuple[str, ...]:
        """The keys of the receipts that still have a try to come."""
        return tuple(self._undelivered)

    def unasked(self) -> tuple[str, ...]:
        """The CCPs under which the Node still has to ask an EC of the old model."""
        return tuple(self._unasked)

    def save(self) -> None:
        """Write what changed since the last time, as one transaction; then make room in memory."""
        changes, self._unsaved = self._unsaved, {}
        if self._keeps and changes:
            self._file.write(_change(kind, key, row) for (kind, key), row in changes.items())
        for table in self.tables:
            leaving = table.too_many()
            if leaving:
                self._spill(table, leaving)

    def clear(self) -> None:
        """Forget everything."""
        for table in self.tables:
            table.empty()
        for index in (self._children, self._open, self._undelivered, self._unasked, self._unsaved, self.totals):
            index.clear()
        self._file.clear()

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.save()
        self._file.close()

    def row(self, kind: str, key: str) -> Any:
        """A record that is in the file alone; it is indexed again, as all in memory are."""
        text = None if (kind, key) in self._unsaved else self._file.row(kind, key)  # dropped a moment ago
        if text is None:
            return None
        row = read(next(table.record for table in self.tables if table.kind == kind), json.loads(text), key)
        self._adopt(kind, key, row)
        return row

    def oldest(self, kind: str, count: int) -> list[str]:
        """The keys of a kind that came first to the file."""
        return self._file.oldest(kind, count)

    def _note(self, kind: str, key: str, before: Any, row: Any) -> None:
        if self._keeps:
            self._unsaved[kind, key] = row
        elif row is None and kind in self._spilt:
            self._file.write([(kind, key, None, None)])  # a copy of it may be among them
        self.totals.subtract(_counts(before))
        self._index(kind, key, row)

    def _index(self, kind: str, key: str, row: Any) -> None:
        """Keep count, and the ways to find records other than by their keys."""
        self.totals.update(_counts(row))
        self._adopt(kind, key, row)
        if isinstance(row, Session):
            _marked(self._open, key, marked=row.is_open)
        elif isinstance(row, Receipt):
            _marked(self._undelivered, key, marked=row.next_try is not None)
        elif isinstance(row, Occurrence):
            _marked(self._unasked, key, marked=row.next_asking is not None)

    def _adopt(self, kind: str, key: str, row: Any) -> None:
        parent = _parent(row)
        if parent is not None:
            self._children.setdefault((kind, parent), {})[key] = None

    def _belonging(self, table: Table[Any], parent: str) -> list[str]:
        here = self._children.get((table.kind, parent), {})
        away = self._file.keys(table.kind, parent) if table.has_cold else []
        return list(dict.fromkeys((*away, *here)))

    def _spill(self, table: Table[Any], leaving: list[tuple[str, Any]]) -> None:
        if not self._keeps:
            self._file.write(_change(table.kind, key, row) for key, row in leaving)
            self._spilt.add(table.kind)
        for key, row in leaving:
            parent = _parent(row)
            if parent is not None:
                self._forget_child(table.kind, parent, key)
        table.leave([key for key, _ in leaving])

    def _forget_child(self, kind: str, parent: str, key: str) -> None:
        children = self._children.get((kind, parent), {})
        children.pop(key, None)
        if not children:
            self._children.pop((kind, parent), None)

    def _load(self, file: StateFile) -> None:
        tables = {table.kind: table for table in self.tables}
        try:
            for kind, key, value in file.rows():
                row = read(tables[kind].record, json.loads(value), key)
                tables[kind].load(key, row)
                self._index(kind, key, row)
        except (ShapeError, ValueError, KeyError) as error:
            raise StateError(f"{file.path} is not a state file of this sandbox: {error}") from error


def _change(kind: str, key: str, row: Any) -> Change:
    text = None if row is None else json.dumps(plain(row), ensure_ascii=False, separators=(",", ":"))
    return kind, key, text, _parent(row)


def _parent(row: Any) -> str | None:
    """What a record belongs to: a session to its position, a receipt to its session."""
    if isinstance(row, Session):
        return row.position
    return row.token if isinstance(row, Receipt) else None


def _counts(row: Any) -> dict[str, int]:
    """What a record adds to the totals."""
    if isinstance(row, Receipt):
        return {"receipts_delivered": int(row.delivered and row.positive)}
    if not isinstance(row, Session) or row.outcome is None:
        return {}
    if not row.is_paid:
        return {"outcomes_ko": 1}
    return {"outcomes_ok": 1, "amount_paid": row.payment.amount, "fees": row.outcome.fee or 0}


def _marked(index: dict[str, None], key: str, *, marked: bool) -> None:
    if marked:
        index[key] = None
    else:
        index.pop(key, None)
