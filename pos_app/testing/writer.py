"""`python -m pos_app.testing.writer FOLDER`: a process that writes payments to a journal, to be watched and killed.

It says on standard output what it is about to append and what became of it: `begin N EVENT`, then `done N`, `full N`
or `failed N`. After a refusal that goes for all further records it proves that by one more try, and ends.
"""

import argparse
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pos_app.clock import BootClock
from pos_app.domain import events as e
from pos_app.journal.errors import JournalFailed, JournalFull
from pos_app.journal.journal import Journal

RESERVE = 64 * 1024
_CARD = e.Card("00", "result", "00000001", 12700, "4242", "credit", stan="000123")
_PAPER = "QUJD" * 1500  # a receipt as it goes to the printer: more than one page of the database


def payment_events(number: int) -> tuple[e.Event, ...]:
    """All that happens to a paid notice."""
    operation = f"2026-{number:06d}"
    return (
        e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=True, operation=operation),
        e.NoticeVerified(12550, "Comune di Esempio"),
        e.BaselineTaken("00000001", "earlier result", "000122", 0),
        e.CustomerConfirmed(12550, 150, trial=True),
        e.ActivationIntended("70000000001_0000000001", "<activate/>" * 100, 1800),
        e.ActivationAccepted("token", 12550, "77777777777", "01000000000012373"),
        e.ChargeStarted(1, 12700, operation),
        e.CardApproved(_CARD),
        e.OutcomeIntended("OK", "70000000001_0000000002", "<outcome/>" * 100),
        e.OutcomeAccepted(),
        e.PrintStarted("customer", 1, _PAPER),
        e.CopyPrinted("customer", "process_id"),
        e.ReceiptPrinted(),
    )


def records(payments: int) -> Iterator[tuple[str, e.Event]]:
    """The records of so many payments, one payment after the other."""
    for number in range(1, payments + 1):
        for event in payment_events(number):
            yield f"P{number}", event


class ShiftedClock(BootClock):
    """The machine's clocks, the wall clock set ahead by `days`."""

    days = 0

    def utc(self) -> datetime:
        """The wall clock, in UTC."""
        return super().utc() + timedelta(days=self.days)


def write(journal: Journal, payments: int, clock: ShiftedClock, *, month_ends_behind: int) -> None:
    """Append everything, and tell; behind so many records a new month begins."""
    for number, (payment_id, event) in enumerate(records(payments), start=1):
        if number == month_ends_behind + 1:
            clock.days = 31
            journal.roll()
        _tell(f"begin {number} {type(event).__name__}")
        try:
            journal.append(payment_id, event)
        except JournalFull as error:
            _tell(f"full {number} {error}")
            return
        except JournalFailed as error:
            _tell(f"failed {number} {error}")
            _prove_that_it_sticks(journal, payment_id, event)
            return
        _tell(f"done {number}")
    if journal.degraded:
        _tell(f"degraded {journal.degraded}")


def _prove_that_it_sticks(journal: Journal, payment_id: str, event: e.Event) -> None:
    try:
        journal.append(payment_id, event)
    except JournalFailed:
        _tell(f"sticks {journal.degraded}")


def _tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Write so many payments, with a setting of SQLite that may be wrong on purpose."""
    parser = argparse.ArgumentParser(prog="pos_app.testing.writer", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--payments", type=int, default=1)
    parser.add_argument("--month-ends-behind", type=int, default=-1, metavar="N", help="begin a new month there")
    parser.add_argument("--pragma", help="set on the writing connection: synchronous=OFF is a disk nobody waits for")
    asked = parser.parse_args()
    clock = ShiftedClock()
    with Journal.open(asked.folder, clock, allow_volatile=True, reserve_bytes=RESERVE) as journal:
        if asked.pragma:
            journal._store.segment._connection.execute(f"PRAGMA {asked.pragma}")  # noqa: SLF001 - a mistake on purpose
        write(journal, asked.payments, clock, month_ends_behind=asked.month_ends_behind)


if __name__ == "__main__":
    main()
