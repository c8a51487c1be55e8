"""What lies in a journal's folder, and how its pieces hang together: segments, seals, head. Writes nothing."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pos_app.domain.events import Stamp
from pos_app.domain.fold import Record
from pos_app.journal import codec
from pos_app.journal.chain import Row, Tip
from pos_app.journal.errors import JournalLocked
from pos_app.journal.head import read_head
from pos_app.journal.segment import Segment

# Records of the terminal itself, of no payment: an approval that nobody asked for.
TERMINAL = "-"

# Beside the journal's folder: this terminal has had a journal, so that a missing one is noticed.
PROVISIONED = "provisioned"


def segment_names(folder: Path) -> list[str]:
    """The segments in `folder`, oldest first."""
    return sorted(path.stem for path in folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].db"))


def refuse_if_gone(folder: Path) -> None:
    """Raise JournalLocked where there is no segment, though there was one: a head, or the terminal's mark, says so."""
    if segment_names(folder):
        return
    head = folder / "head"
    if head.exists() and read_head(head) is not None:
        raise JournalLocked("The journal's records are gone, its head is still there.")
    if (folder.parent / PROVISIONED).exists():
        raise JournalLocked("The journal is gone, and this terminal had one.")


def check_seals(folder: Path, names: list[str]) -> None:
    """Each segment must begin where the one before ends. Raises JournalLocked.

    The first may name a journal that was put aside: it then begins at the end of that one.
    """
    tip = Tip()
    for name in names:
        segment = Segment.open_reading(folder / f"{name}.db")
        try:
            opening = segment.opening
            if name == names[0] and opening.predecessor:
                tip = Tip(opening.first_seq - 1, opening.previous_hash)
            if (opening.name, opening.first_seq, opening.previous_hash) != (name, tip.seq + 1, tip.hash):
                raise JournalLocked(f"The segment {name} doesn't continue the one before it.")
            tip = segment.last()
        finally:
            segment.close()


def chain_continues(segment: Segment, tip: Tip, head: Tip | None) -> bool:
    """Whether a chain that ends at `tip` fits its head: equal, or one record ahead of it."""
    known = head or Tip()
    if tip.seq == known.seq:
        return tip.hash == known.hash
    if tip.seq != known.seq + 1:
        return False
    last_but_one = [row.hash for row in segment.rows() if row.seq == known.seq]
    return known.hash == (last_but_one[0] if last_but_one else segment.opening.previous_hash)


def as_record(row: Row) -> Record:
    """The record that a row holds. Raises JournalLocked for an event that this program doesn't know."""
    moment = Stamp(row.utc, sys.intern(row.boot_id), row.elapsed)
    return Record(row.seq, row.payment_id, moment, codec.decode(row.body))


def carried_rows(folder: Path, carried: Mapping[str, list[str]]) -> Iterator[Row]:
    """The rows of these payments in the earlier segments that hold them, each segment walked. Raises JournalLocked."""
    for name in sorted({name for names in carried.values() for name in names}):
        segment = Segment.open_reading(folder / f"{name}.db")
        try:
            yield from (row for row in segment.verified_rows() if row.payment_id in carried)
        finally:
            segment.close()
