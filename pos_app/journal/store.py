"""What lies on the disk and is written: the open segment, the head beside it, and the reserve.

A failed write or sync leaves the disk unknown, and the next commit may seem to succeed (reliability.md D6): from then
on nothing is written until all of it was read and verified again.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from pos_app.journal.chain import GENESIS, Row, Tip
from pos_app.journal.disk import UNREADABLE, disk_refusals, has_no_room, sync_folder
from pos_app.journal.errors import JournalError, JournalFailed, JournalFull, JournalLocked
from pos_app.journal.head import HeadMirror
from pos_app.journal.layout import PROVISIONED, chain_continues, check_seals, refuse_if_gone, segment_names
from pos_app.journal.reserve import Reserve
from pos_app.journal.segment import Opening, Segment

_UNWRITTEN = "The journal can't be written"


class Store:
    """The journal's files in `folder`. Construction opens nothing; `open` comes first."""

    def __init__(self, folder: Path, reserve: Reserve) -> None:
        self._folder = folder
        self._reserve = reserve
        self._head = HeadMirror(folder / "head")
        self._mark = folder.parent / PROVISIONED
        self._segment: Segment | None = None
        self._failure: str | None = None
        self.tip = Tip()

    @property
    def segment(self) -> Segment:
        """The segment that is written to."""
        assert self._segment is not None, "open() comes first"
        return self._segment

    @property
    def degraded(self) -> str | None:
        """Why nothing new may begin, in a sentence; None while all is well."""
        if self._failure is not None or self._reserve.is_there:
            return self._failure
        megabytes = self._reserve.size / 1024**2
        return f"The disk has no room for the journal's reserve of {megabytes:.1f} MiB: make room, then try again."

    # --- start and end -------------------------------------------------------------------------

    def open(self, month: str) -> Iterator[Row]:
        """Open what is there, or begin it with `month`; the rows of the open segment come as they are verified.

        Take them all: head and chain are compared behind the last one. Raises JournalLocked.
        """
        self._reserve.free_if_needed()
        refuse_if_gone(self._folder)
        names = segment_names(self._folder)
        head = self._head.open()
        if not names:
            Segment.create(self._path(month), Opening(month, 1, GENESIS)).close()
        check_seals(self._folder, names)
        self._segment = Segment.open(self._path(names[-1] if names else month))
        self.tip = self._segment.last()
        yield from self._segment.verified_rows()
        self._compare(head)
        self._mark_provisioned()
        self.make_reserve()

    def close(self) -> None:
        """Let go of everything. May be called twice."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._head.close()

    def begin_segment(self, opening: Opening) -> None:
        """Go on in a new segment. Raises JournalFull while there is no room for one; the old one then stays in use."""
        old = self.segment
        try:
            with disk_refusals("The journal can't begin a new month"):
                self._segment = Segment.create(self._path(opening.name), opening)
        except JournalError as error:
            self._give_up(error, unless_full=True)
        self._checkpoint(old)
        old.close()

    def make_reserve(self) -> None:
        """Set the reserve aside where it is missing and the disk has room again."""
        with disk_refusals("The journal's reserve can't be made"):
            self._reserve.make()

    def _mark_provisioned(self) -> None:
        if not self._mark.exists():
            self._mark.touch(mode=0o600)
            sync_folder(self._mark.parent)

    def _compare(self, head: Tip | None) -> None:
        if not chain_continues(self.segment, self.tip, head):
            known = head.seq if head else 0
            raise JournalLocked(f"The journal ends at record {self.tip.seq}, its head at {known}: records were lost.")
        if head != self.tip and self.tip.seq:
            self._head.write(self.tip)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"

    # --- writing -------------------------------------------------------------------------------

    def write(self, row: Row, *, begins: bool) -> None:
        """Make `row` durable behind the tip. What `begins` something never takes the reserve, and needs it in place.

        Raises JournalFull when only this record was refused, JournalFailed or JournalLocked when all further ones are.
        """
        if self._failure is not None:
            raise JournalFailed(self._failure)
        if begins and self.degraded is not None:
            raise JournalFull(self.degraded)
        row = row._replace(hash=self.segment.link_after(self.tip, row))
        self._make_durable(lambda: self.segment.append(row), may_use_reserve=not begins)
        # The record is in the chain: from here on only the reserve or the end of writing is left.
        tip = Tip(row.seq, row.hash)
        self._make_durable(lambda: self._head.write(tip), may_use_reserve=True)
        self.tip = tip

    def _make_durable(self, write: Callable[[], None], *, may_use_reserve: bool) -> None:
        try:
            write()
        except (*UNREADABLE, OSError) as error:
            self._try_with_reserve(write, error, may_use_reserve=may_use_reserve)

    def _try_with_reserve(self, write: Callable[[], None], error: Exception, *, may_use_reserve: bool) -> None:
        try:
            with disk_refusals(_UNWRITTEN):
                if not (may_use_reserve and self._reserve.is_there and has_no_room(error)):
                    raise error
                self._reserve.free()
                write()
        except JournalError as refusal:
            self._give_up(refusal, unless_full=not may_use_reserve)

    def _give_up(self, error: JournalError, *, unless_full: bool = False) -> None:
        if not (unless_full and isinstance(error, JournalFull)):
            self._failure = str(error)
        raise error

    def checkpoint(self) -> None:
        """Move the open segment's WAL into its file. A full disk leaves it where it is; any other refusal degrades."""
        self._checkpoint(self.segment)

    def _checkpoint(self, segment: Segment) -> None:
        try:
            segment.checkpoint()
        except sqlite3.Error as error:
            if not has_no_room(error):
                self._failure = f"{_UNWRITTEN}: {error}."
