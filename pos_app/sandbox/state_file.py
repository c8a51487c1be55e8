"""The store's records in SQLite, each as JSON under its kind and key: the state file, and what memory spills into.

`synchronous=NORMAL` under WAL outlives the process, if not the machine: enough for a test instrument.
"""

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

_COLUMNS = "kind TEXT, key TEXT, value TEXT NOT NULL, parent TEXT, PRIMARY KEY (kind, key)"
_SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS record ({_COLUMNS})",
    "CREATE INDEX IF NOT EXISTS by_parent ON record (kind, parent) WHERE parent IS NOT NULL",
)
_PUT = (
    "INSERT INTO record (kind, key, value, parent) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_DROP = "DELETE FROM record WHERE kind = ? AND key = ?"

Change = tuple[str, str, str | None, str | None]  # kind, key, JSON or None to drop it, what it belongs to


class StateError(Exception):
    """A state file that can't be used; the sentence names it."""


class StateFile:
    """One open state file, held alone; None: a file without a name, gone when it is closed.

    Raises StateError if `path` can't be used as one.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path or "", check_same_thread=False, timeout=0.2)
        except sqlite3.Error as error:
            raise StateError(f"{path} can't be used as a state file: {error}") from error
        weakref.finalize(self, self._database.close)  # rules without a server are dropped, not closed
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
                self._database.execute(f"PRAGMA {pragma}")  # exclusive: one sandbox a file
            for statement in _SCHEMA:
                self._database.execute(statement)
            self._database.commit()
        except sqlite3.Error as error:
            self._database.close()
            raise StateError(f"{path} can't be used as a state file: {error}") from error

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Every record as (kind, key, JSON), oldest first."""
        try:
            yield from self._database.execute("SELECT kind, key, value FROM record ORDER BY rowid")
        except sqlite3.Error as error:
            raise StateError(f"{self.path} is not a state file of this sandbox: {error}") from error

    def row(self, kind: str, key: str) -> str | None:
        """The JSON of one record, None if it isn't here."""
        found = self._database.execute("SELECT value FROM record WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if found is None else str(found[0])

    def keys(self, kind: str, parent: str) -> list[str]:
        """The keys of what belongs to `parent`, oldest first."""
        asked = "SELECT key FROM record WHERE kind = ? AND parent = ? ORDER BY rowid"
        return [str(found[0]) for found in self._database.execute(asked, (kind, parent))]

    def oldest(self, kind: str, count: int) -> list[str]:
        """The keys of the `count` records that came first."""
        asked = "SELECT key FROM record WHERE kind = ? ORDER BY rowid LIMIT ?"
        return [str(found[0]) for found in self._database.execute(asked, (kind, count))]

    def write(self, changes: Iterable[Change]) -> None:
        """Put records, or drop those whose JSON is None, in one transaction."""
        with self._database as database:
            for kind, key, value, parent in changes:
                if value is None:
                    database.execute(_DROP, (kind, key))
                else:
                    database.execute(_PUT, (kind, key, value, parent))

    def clear(self) -> None:
        """Forget every record."""
        with self._database as database:
            database.execute("DELETE FROM record")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
