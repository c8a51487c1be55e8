"""A clock that is moved by hand and a journal on the disk."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pos_app.domain import events as e
from pos_app.journal.journal import Journal
from pos_app.testing.clock import VirtualClock

MEMORY = Path("/dev/shm")
RESERVE = 64 * 1024
READ = e.NoticeRead("301000000000012373", "77777777777", 12550, "qr_code", verify=True, operation="2026-000001")

Open = Callable[[], Journal]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the journal goes: in memory where that is possible, for whether it syncs is asked elsewhere."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path / "journal"
        return
    with TemporaryDirectory(prefix="pos-terminal-test-", dir=MEMORY) as state:
        yield Path(state) / "journal"


@pytest.fixture
def open_journal(folder: Path, clock: VirtualClock) -> Open:
    """`with open_journal() as journal`: as a start of the terminal does it."""
    return lambda: Journal.open(folder, clock, allow_volatile=True, reserve_bytes=RESERVE)


@pytest.fixture
def journal(open_journal: Open) -> Iterator[Journal]:
    with open_journal() as opened:
        yield opened


@pytest.fixture
def notice_read() -> e.NoticeRead:
    return READ


@pytest.fixture
def until_charged() -> tuple[e.Event, ...]:
    """One payment's events up to where the card may be charged at any moment."""
    return (
        READ,
        e.NoticeVerified(12550, "Comune di Esempio"),
        e.BaselineTaken("00000001", "earlier result", "000122", 0),
        e.CustomerConfirmed(12550, 150, trial=False),
        e.ActivationIntended("70000000001_0000000001", "<activate/>", 1800),
        e.ActivationAccepted("token-1", 12550, "77777777777", "01000000000012373", "Comune di Esempio"),
        e.ChargeStarted(1, 12700, "2026-000001"),
    )
