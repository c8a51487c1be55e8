"""The state file: the store's records in SQLite, each as JSON under its kind and key.

`synchronous=NORMAL` under WAL outlives the process, if not the machine: enough for a test instrument.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

_SCHEMA = "CREATE TABLE IF NOT EXISTS record (kind TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, key))"
_PUT = (
    "INSERT INTO record (kind, key, value) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
)
_DROP = "DELETE FROM record WHERE kind = ? AND key = ?"


class StateError(Exception):
    """A state file that can't be used; the sentence names it."""


class StateFile:
    """One open state file, held alone. Raises StateError if `path` can't be used as one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, timeout=0.2)
        except sqlite3.Error as error:
            raise StateError(f"{path} can't be used as a state file: {error}") from error
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
                self._database.execute(f"PRAGMA {pragma}")  # exclusive: one sandbox a file
            self._database.execute(_SCHEMA)
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

    def write(self, changes: Iterable[tuple[str, str, str | None]]) -> None:
        """Put records, or drop those whose JSON is None, in one transaction."""
        with self._database as database:
            for kind, key, value in changes:
                if value is None:
                    database.execute(_DROP, (kind, key))
                else:
                    database.execute(_PUT, (kind, key, value))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
