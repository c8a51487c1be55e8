"""The way out of a locked journal: it is put aside whole, and a new one goes on from its end.

The new journal is made beside the old one, whole and durable, before anything is moved; what a crash leaves behind is
finished by the next call. Every payment that may have been open comes along, with its readable records as they were,
and becomes a case, because what was lost may have been its charge.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pos_app.clock import Clock, stamp
from pos_app.domain.events import CarriedOver, Event, NoticeRead, Stamp
from pos_app.domain.fold import apply
from pos_app.domain.payment import Payment
from pos_app.journal import codec
from pos_app.journal.chain import Row, Tip
from pos_app.journal.disk import disk_refusals, sync_folder
from pos_app.journal.errors import JournalError
from pos_app.journal.head import HeadMirror
from pos_app.journal.journal import take_lock
from pos_app.journal.layout import segment_names
from pos_app.journal.reader import JournalReader
from pos_app.journal.salvage import Salvaged, Wreck, salvage
from pos_app.journal.segment import Opening, Segment


class NothingToQuarantine(JournalError):
    """The journal verifies: putting it aside would only turn its open payments into cases."""


@dataclass(frozen=True)
class Quarantined:
    """What was done: where the old journal is kept, where it ended, and the cases that came of it."""

    kept: Path
    tip: Tip
    cases: tuple[Payment, ...]


def quarantine(folder: Path, clock: Clock, *, reason: str, although_it_verifies: bool = False) -> Quarantined:
    """Put the journal in `folder` aside and begin a new one.

    Raises NothingToQuarantine, unless it is wanted `although_it_verifies`; JournalInUse, JournalFailed.
    """
    with disk_refusals(f"The journal in {folder} can't be put aside"):
        lock = take_lock(folder.parent / "lock")
        try:
            _finish(folder)
            if not although_it_verifies:
                _refuse_sound(folder)
            return _quarantine(folder, clock, reason)
        finally:
            os.close(lock)


def _refuse_sound(folder: Path) -> None:
    try:
        JournalReader(folder).verify()
    except JournalError:
        return
    if segment_names(folder):
        raise NothingToQuarantine("The journal verifies: there is nothing to put aside.")


def _quarantine(folder: Path, clock: Clock, reason: str) -> Quarantined:
    wreck = salvage(folder)
    kept = folder.with_name(f"{folder.name}-quarantined-{clock.utc():%Y%m%dT%H%M%SZ}")
    fresh = _next(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    cases = _write(fresh, wreck, clock, f"{kept.name}: {reason}")
    folder.mkdir(exist_ok=True, mode=0o700)
    folder.rename(kept)
    sync_folder(folder.parent)
    _finish(folder)
    return Quarantined(kept, wreck.tip, cases)


def _next(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.next")


def _finish(folder: Path) -> None:
    """Move the new journal to its place, where the old one has left it."""
    fresh = _next(folder)
    if not folder.exists() and fresh.exists() and _continues_what_is_kept(fresh):
        fresh.rename(folder)
        sync_folder(folder.parent)


def _continues_what_is_kept(fresh: Path) -> bool:
    for name in segment_names(fresh):
        segment = Segment.open_reading(fresh / f"{name}.db")
        segment.close()
        return fresh.with_name(segment.opening.predecessor.partition(":")[0]).exists()
    return False


# --- the new journal -----------------------------------------------------------------------------


def _write(folder: Path, wreck: Wreck, clock: Clock, predecessor: str) -> tuple[Payment, ...]:
    month = clock.utc().strftime("%Y-%m")
    again = sum(isinstance(record.event, NoticeRead) for one in wreck.kept for record in one.records)
    operations = max(0, wreck.operations - again)
    opening = Opening(month, wreck.tip.seq + 1, wreck.tip.hash, operations, {}, predecessor)
    segment = Segment.create(folder / f"{month}.db", opening)
    try:
        chain = _Chain(segment, wreck.tip)
        for record in wreck.strays:
            chain.add(record.payment_id, record.stamp, record.event)
        cases = tuple(_carry_over(chain, one, stamp(clock), predecessor) for one in wreck.kept)
        segment.checkpoint()
    finally:
        segment.close()
    _write_head(folder / "head", chain.tip)
    return cases


def _carry_over(chain: "_Chain", one: Salvaged, now: Stamp, predecessor: str) -> Payment:
    for record in one.records:
        chain.add(one.payment.id, record.stamp, record.event)
    if not one.was_open:
        return one.payment
    event = CarriedOver(predecessor, one.unread)
    chain.add(one.payment.id, now, event)
    return apply(one.payment, now, event)


class _Chain:
    """The chain of the new journal, as it grows."""

    def __init__(self, segment: Segment, tip: Tip) -> None:
        self._segment = segment
        self.tip = tip

    def add(self, payment_id: str, moment: Stamp, event: Event) -> None:
        """One more record, as of `moment`."""
        body = codec.encode(event)
        seq, name = self.tip.seq + 1, type(event).__name__
        row = Row(seq, payment_id, name, moment.utc, moment.boot_id, moment.elapsed, body, "")
        row = row._replace(hash=self._segment.link_after(self.tip, row))
        self._segment.append(row)
        self.tip = Tip(row.seq, row.hash)


def _write_head(path: Path, tip: Tip) -> None:
    head = HeadMirror(path)
    head.open()
    head.write(tip)
    head.close()
