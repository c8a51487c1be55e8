"""One monthly segment of the journal: an SQLite file that only grows (reliability.md D1-D6).

WAL with synchronous=FULL: every commit is on disk when it returns. One connection writes and checkpoints, readers open
`mode=ro`, so the WAL-reset bug of SQLite before 3.51.3 (two checkpointing connections) cannot be met.
"""

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from pos_app.journal.chain import Row, Tip, link, walk
from pos_app.journal.disk import sync_folder
from pos_app.journal.errors import JournalLocked

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE segment (
    name TEXT NOT NULL, first_seq INTEGER NOT NULL, previous_hash TEXT NOT NULL,
    operations INTEGER NOT NULL, carried TEXT NOT NULL, predecessor TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE record (
    seq INTEGER PRIMARY KEY, payment_id TEXT NOT NULL, name TEXT NOT NULL,
    utc TEXT NOT NULL, boot_id TEXT NOT NULL, elapsed REAL NOT NULL,
    body TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record BEGIN SELECT raise(ABORT, 'append only'); END;
"""
_INSERT = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_OPEN = "INSERT INTO segment VALUES (:name, :first_seq, :previous_hash, :operations, :carried, :predecessor, :hash)"
# PASSIVE waits for no reader, and leaves the log as long as it is: to write it over costs half of what letting it grow
# again for each payment does. What still lies in it is in the database too; a bit that flips there is noticed as well.
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
_COLUMNS = "seq, payment_id, name, utc, boot_id, elapsed, body, hash"


@dataclass(frozen=True)
class Opening:
    """What a segment starts from: the end of the one before, how many operations there were, what was still open.

    `carried` names, for each payment that was open, the earlier segments that hold its records. `predecessor` names a
    journal that was put aside (see `quarantine`): this segment is then the first of its folder, and goes on from the
    end of that one.
    """

    name: str
    first_seq: int
    previous_hash: str
    operations: int = 0
    carried: dict[str, list[str]] = field(default_factory=dict)
    predecessor: str = ""

    @property
    def hash(self) -> str:
        """What the first record is linked to: covers all of this and, through `previous_hash`, all before."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def start(self) -> Tip:
        """The link in front of the first record."""
        return Tip(self.first_seq - 1, self.hash)


class Segment:
    """One segment's file, open. Raises sqlite3.Error, which the journal translates."""

    def __init__(self, path: Path, connection: sqlite3.Connection, opening: Opening) -> None:
        self.path = path
        self.opening = opening
        self._connection = connection
        weakref.finalize(self, connection.close)  # a terminal that was killed closes nothing

    @classmethod
    def create(cls, path: Path, opening: Opening) -> "Segment":
        """A new segment, made beside its place and moved there: it is there whole, or not at all."""
        made = path.with_suffix(".new")
        for left_over in path.parent.glob(f"{made.name}*"):
            left_over.unlink()
        with closing(_connect_writing(made)) as connection:  # in its place it must never need a journal of its own
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
            row = {**asdict(opening), "carried": json.dumps(opening.carried), "hash": opening.hash}
            connection.execute(_OPEN, row)
            connection.execute(_CHECKPOINT)  # closing does it too, and says nothing when it fails
        made.rename(path)
        sync_folder(path.parent)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "Segment":
        """The one segment that is written to."""
        return cls._opened(path, _connect_writing(path))

    @classmethod
    def open_reading(cls, path: Path) -> "Segment":
        """Any segment, also while another process writes it."""
        uri = f"{path.resolve().as_uri()}?mode=ro"
        return cls._opened(
            path,
            _with_exact_text(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5, check_same_thread=False)),
        )

    @classmethod
    def _opened(cls, path: Path, connection: sqlite3.Connection) -> "Segment":
        try:
            return cls(path, connection, _read_opening(path, connection))
        except BaseException:
            connection.close()
            raise

    def append(self, row: Row) -> None:
        """Make one row durable: when this returns it is on disk."""
        self._connection.execute(_INSERT, row)

    def rows(self) -> Iterator[Row]:
        """The rows in order."""
        for columns in self._connection.execute(f"SELECT {_COLUMNS} FROM record ORDER BY seq"):  # noqa: S608 - a constant
            yield Row._make(columns)

    def rows_backwards(self) -> Iterator[Row]:
        """The rows from the last one on: where the file is damaged, `rows` may not come so far."""
        for columns in self._connection.execute(f"SELECT {_COLUMNS} FROM record ORDER BY seq DESC"):  # noqa: S608 - a constant
            yield Row._make(columns)

    def begun(self, wanted: str, beginnings: Collection[str]) -> str | None:
        """The id of the payment that begins here, in a record of such a name, and has this id or operation number."""
        found = self._connection.execute(
            "SELECT payment_id FROM record WHERE name IN (SELECT value FROM json_each(?))"
            " AND (payment_id = ? OR instr(body, ?)) LIMIT 1",
            (json.dumps([*beginnings]), wanted, f'"operation":{json.dumps(wanted, ensure_ascii=False)}'),
        ).fetchone()
        return found[0] if found else None

    def goes_on_with(self, beginnings: Collection[str]) -> set[str]:
        """The ids of the payments that have records here, and none of such a name."""
        found = self._connection.execute(
            "SELECT payment_id FROM record"
            " EXCEPT SELECT payment_id FROM record WHERE name IN (SELECT value FROM json_each(?))",
            (json.dumps([*beginnings]),),
        )
        return {payment_id for (payment_id,) in found}

    def holds(self, payment_id: str) -> bool:
        """Whether any record here is of this payment."""
        found = self._connection.execute("SELECT 1 FROM record WHERE payment_id = ? LIMIT 1", (payment_id,)).fetchone()
        return found is not None

    def verified_rows(self) -> Iterator[Row]:
        """The rows in order, each once it is known to fit. Raises JournalLocked at the first that doesn't."""
        return walk(self.rows(), self.opening.start)

    def verify(self) -> Tip:
        """Walk the whole chain of this segment and return its end. Raises JournalLocked."""
        tip = self.opening.start
        for row in self.verified_rows():
            tip = Tip(row.seq, row.hash)
        return self._as_tip(tip)

    def last(self) -> Tip:
        """The last link without walking there: what the seal of the next segment is compared with."""
        found = self._connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return Tip(*found) if found else self._as_tip(self.opening.start)

    def _as_tip(self, tip: Tip) -> Tip:
        # A segment without records ends where the one before it ended.
        return Tip(tip.seq, self.opening.previous_hash) if tip == self.opening.start else tip

    def link_after(self, tip: Tip, row: Row) -> str:
        """The hash of `row` behind `tip`; the first row hangs on the opening."""
        return link(self.opening.hash if tip.seq == self.opening.first_seq - 1 else tip.hash, row)

    def checkpoint(self) -> None:
        """Move what the WAL holds into the file, so that the next payment writes it over (reliability.md D4)."""
        self._connection.execute(_CHECKPOINT)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "locking_mode = NORMAL",
    "trusted_schema = OFF",
    "wal_autocheckpoint = 0",  # only `checkpoint` does it, which tells when it fails
)


def _connect_writing(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return _with_exact_text(connection)


def _with_exact_text(connection: sqlite3.Connection) -> sqlite3.Connection:
    # A flipped bit may leave bytes that are no UTF-8: they are read as they are, and the chain says which record it is.
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    return connection


def _read_opening(path: Path, connection: sqlite3.Connection) -> Opening:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise JournalLocked(f"{path.name} has the form {version}, this program knows form {SCHEMA_VERSION}.")
    found = connection.execute(
        "SELECT name, first_seq, previous_hash, operations, carried, predecessor, hash FROM segment"
    ).fetchall()
    if len(found) != 1:
        raise JournalLocked(f"{path.name} doesn't say what it continues.")
    name, first_seq, previous_hash, operations, carried, predecessor, known = found[0]
    opening = Opening(name, first_seq, previous_hash, operations, _read_carried(path, carried), predecessor)
    if opening.hash != known:
        raise JournalLocked(f"The opening of {path.name} was changed: its hash doesn't fit.")
    return opening


def _read_carried(path: Path, text: str) -> dict[str, list[str]]:
    try:
        carried: dict[str, list[str]] = json.loads(text)
    except (ValueError, TypeError) as error:
        raise JournalLocked(f"The opening of {path.name} was changed: what it carries can't be read.") from error
    return carried
