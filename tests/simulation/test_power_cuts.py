"""The power goes at every moment of real payments: what was acknowledged is there, and nothing locks (K4).

A FUSE disk is not available on every machine, so the system calls of one real run are replayed instead (see
`pos_app.testing.disk`). POS_CAMPAIGN=full cuts behind every call, many times each.
"""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from pos_app.clock import BootClock
from pos_app.journal.errors import JournalError
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.testing.command import can_trace
from pos_app.testing.disk import Call, Disk, record
from pos_app.testing.writer import records

FULL = os.environ.get("POS_CAMPAIGN") == "full"
PAYMENTS = 3 if FULL else 2
MONTH_END = 9  # while an outcome is on its way
EVERY = 1 if FULL else 5
TORN_EACH = 20 if FULL else 1
MEMORY = Path("/dev/shm")

pytestmark = [
    pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace: it records the system calls"),
    pytest.mark.slow(reason="a process under strace, then a journal opened for every moment of its run"),
    pytest.mark.timeout(3600 if FULL else 60),
]

EXPECTED = [type(event).__name__ for _, event in records(PAYMENTS)]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where images of disks are laid out: in memory, where that is possible."""
    with TemporaryDirectory(prefix="pos-terminal-cuts-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as path:
        yield Path(path)


@pytest.fixture(scope="module")
def recorded(place: Path) -> Callable[..., list[Call]]:
    """`recorded("--pragma=…")`: the calls of one run, with a setting of SQLite that may be wrong on purpose."""

    def run(*options: str) -> list[Call]:
        state = place / f"run{len(list(place.iterdir()))}"
        state.mkdir()
        command = [sys.executable, "-m", "pos_app.testing.writer", str(state / "journal"), "--payments", str(PAYMENTS)]
        calls = record([*command, *options], state / "trace")
        return [call for call in calls if call.path.startswith(str(state)) or call.data.startswith((b"begin", b"done"))]

    return run


def cuts(calls: list[Call], disk: Disk, place: Path, *, every: int = 1) -> Counter[str]:
    """Cut the power behind every call, with all that is pending lost and with parts of it; count what was found."""
    found: Counter[str] = Counter()
    acknowledged = 0
    for number, call in enumerate(calls):
        disk.apply(call)
        acknowledged += call.data.startswith(b"done")
        if number % every == 0:
            for random in (None, *(Random(number * TORN_EACH + seed) for seed in range(TORN_EACH))):
                found[verdict(disk.after_power_cut(random), acknowledged, place)] += 1
    return found


def verdict(image: dict[str, bytes | None], acknowledged: int, place: Path) -> str:
    """`whole`, or what is wrong with the journal of this disk."""
    state = place / "after"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    for path, content in image.items():
        inside = state.joinpath(*Path(path).relative_to(place).parts[1:])
        if content is None:
            inside.mkdir()
        elif not path.endswith("-shm"):  # SQLite makes it anew: it holds nothing but what memory held
            inside.write_bytes(content)
    try:
        with Journal.open(state / "journal", BootClock(), allow_volatile=True, reserve_bytes=4096):
            pass
        reader = JournalReader(state / "journal")
        reader.verify()
    except JournalError:
        return "locked"
    names = [type(event.event).__name__ for event in reader.records()]
    if len(names) < acknowledged:
        return "lost"
    return "whole" if names == EXPECTED[: len(names)] and len(names) <= acknowledged + 1 else "invented"


@pytest.mark.parametrize("options", [[], [f"--month-ends-behind={MONTH_END}"]], ids=["one month", "a month ends"])
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    recorded: Callable[..., list[Call]], place: Path, options: list[str]
) -> None:
    calls = recorded(*options)
    assert sum(call.data.startswith(b"done") for call in calls) == len(EXPECTED)
    found = cuts(calls, Disk(), place, every=EVERY)
    assert found == {"whole": sum(found.values())}, dict(found)


@pytest.mark.parametrize("pragma", ["synchronous=OFF", "synchronous=NORMAL"])
def test_a_journal_that_does_not_wait_for_the_disk_is_caught(
    recorded: Callable[..., list[Call]], place: Path, pragma: str
) -> None:
    found = cuts(recorded(f"--pragma={pragma}"), Disk(), place, every=7)
    assert found["lost"] + found["locked"] > 0, dict(found)


@pytest.mark.parametrize("liar", [".db-wal", "/head", ""], ids=["log", "head", "everything"])
def test_a_disk_that_lies_is_caught(recorded: Callable[..., list[Call]], place: Path, liar: str) -> None:
    found = cuts(recorded(), Disk(lambda path: path.endswith(liar)), place, every=7)
    assert found["lost"] + found["locked"] > 0, dict(found)
