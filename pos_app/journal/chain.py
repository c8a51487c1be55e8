"""The hash chain: each record's hash covers the hash before it (reliability.md 2). Performs no I/O."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pos_app.journal.errors import JournalLocked

GENESIS = "0" * 64


class Row(NamedTuple):
    """One stored record: the columns as they lie in the database. A tuple, for a start reads a whole month of them."""

    seq: int
    payment_id: str
    name: str
    utc: str
    boot_id: str
    elapsed: float
    body: str
    hash: str


def link(previous: str, row: Row) -> str:
    """The hash of `row` behind `previous`. Every column is covered, each with its length, so that none can borrow."""
    digest = hashlib.sha256()
    columns = (previous, row.seq, row.payment_id, row.name, row.utc, row.boot_id, repr(row.elapsed), row.body)
    for column in columns:
        data = str(column).encode(errors="surrogateescape")  # as `segment` reads bytes that are no text
        digest.update(len(data).to_bytes(4) + data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Tip:
    """The end of a chain: the last sequence number (0: none yet) and its hash."""

    seq: int = 0
    hash: str = GENESIS


def walk(rows: Iterable[Row], start: Tip) -> Iterator[Row]:
    """The rows behind `start`, each once it is known to fit. Raises JournalLocked naming the first that doesn't."""
    seq, known = start.seq, start.hash
    for row in rows:
        if row.seq != seq + 1:
            raise JournalLocked(f"The journal lacks record {seq + 1}: record {row.seq} follows {seq}.")
        if link(known, row) != row.hash:
            raise JournalLocked(f"Record {row.seq} of the journal was changed: its hash doesn't fit.")
        seq, known = row.seq, row.hash
        yield row
