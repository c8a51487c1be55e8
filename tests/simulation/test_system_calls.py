"""The disk refuses, or the process dies, at any system call of a payment's journal (reliability.md K1-K3, X2).

strace watches and injects. POS_CAMPAIGN=full takes every call; else a few, spread over the run.
"""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest

from pos_app.clock import BootClock
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.journal.reserve import BEGINS
from pos_app.testing.command import can_trace, works
from pos_app.testing.disk import CALLS, Call, parse
from pos_app.testing.writer import RESERVE, records

FULL = os.environ.get("POS_CAMPAIGN") == "full"
CASES = 10_000 if FULL else 3


pytestmark = [
    pytest.mark.skipif(
        not can_trace(),
        reason="strace is missing or may not trace: it injects what goes wrong",
    ),
    pytest.mark.slow(reason="each case is a process under strace"),
    pytest.mark.timeout(3600 if FULL else 60),
]

NAMES = [type(event).__name__ for _, event in records(1)]


@dataclass
class Run:
    """What became of one writer: how it ended, what it said, and what it asked of the system."""

    returncode: int
    stderr: str
    said: list[tuple[str, int, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return sum(what == "done" for what, _, _ in self.said)

    @property
    def last(self) -> str:
        return self.said[-1][0] if self.said else ""


@dataclass
class Bench:
    """`bench("inject=…")` runs a writer on the journal of its own under strace."""

    state: Path
    runs: int = 0

    @property
    def folder(self) -> Path:
        return self.state / str(self.runs) / "journal"

    def __call__(self, *rules: str, options: tuple[str, ...] = ()) -> Run:
        self.runs += 1
        self.folder.parent.mkdir()
        trace = self.folder.parent / "trace"
        strace = ["strace", "-qq", "-y", "-xx", "-s", "99", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"]
        rules = tuple(part for rule in rules for part in ("-e", rule))
        writer = [sys.executable, "-m", "pos_app.testing.writer", str(self.folder), *options]
        done = subprocess.run([*strace, *rules, *writer], capture_output=True, text=True, timeout=50, check=False)
        return Run(done.returncode, done.stderr, [_said(line) for line in done.stdout.splitlines()], _calls(trace))

    def found(self) -> list[str]:
        """The records that the next process finds, in order; raises JournalLocked where it finds anything wrong."""
        with Journal.open(self.folder, BootClock(), allow_volatile=True, reserve_bytes=RESERVE):
            pass
        JournalReader(self.folder).verify()
        return [type(record.event).__name__ for record in JournalReader(self.folder).records()]


def _said(line: str) -> tuple[str, int, str]:
    what, number, rest = (*line.split(" ", 2), "", "")[:3]
    return what, int(number) if number.isdigit() else 0, rest


def _calls(trace: Path) -> list[Call]:
    return list(parse(trace.read_text("ascii", "replace")))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often an undisturbed writer makes each call."""
    run = Bench(tmp_path_factory.mktemp("counted"))()
    assert run.acknowledged == len(NAMES), run.stderr
    return Counter(call.name for call in run.calls)


def spread(calls: int) -> list[int]:
    """The numbers of the calls to disturb: all of them, or some from the first to the last."""
    cases = min(CASES, calls)
    return [1 + round(step * (calls - 1) / (cases - 1)) for step in range(cases)]


# --- every append waits for the disk -------------------------------------------------------------


def unsynced(calls: list[Call], folder: Path) -> list[str]:
    """What was written for a record and not on disk when the record was acknowledged."""
    faults, waiting, appending = [], dict[str, str](), ""
    for call in calls:
        if call.data.startswith(b"begin"):
            appending = call.data.decode().strip()
        elif call.data.startswith(b"done"):
            faults += [f"{appending}: {path}" for path in waiting]
        elif call.name in ("pwrite64", "ftruncate") and call.path.startswith(str(folder)) and "-shm" not in call.path:
            waiting[call.path] = appending
        elif call.name in ("fdatasync", "fsync"):
            waiting.pop(call.path, None)
        if call.name == "ftruncate" and call.path.endswith("-wal"):
            waiting.pop(call.path)  # an emptied log that comes back whole is read to the same end
    return faults


def test_every_append_has_its_record_and_its_head_on_disk_before_it_returns(bench: Bench) -> None:
    run = bench()
    assert run.acknowledged == len(NAMES)
    assert unsynced(run.calls, bench.folder) == []
    begins = [number for number, call in enumerate(run.calls) if call.data.startswith(b"begin")]
    for start in begins:
        synced = [Path(call.path).name for call in run.calls[start:] if call.name == "fdatasync"]
        files = [name for name in synced if name == "head" or name.endswith("-wal")]
        first, second = [name for name, _ in groupby(files)][:2]
        assert (first.endswith("-wal"), second) == (True, "head"), "the record first, then its head"


@pytest.mark.parametrize("pragma", ["synchronous=OFF", "synchronous=NORMAL"])
def test_a_journal_that_does_not_wait_is_caught(bench: Bench, pragma: str) -> None:
    run = bench(options=(f"--pragma={pragma}",))
    assert unsynced(run.calls, bench.folder)


# --- the process dies ----------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_killed_at_any_call_everything_acknowledged_is_there_and_at_most_one_more(
    bench: Bench, counted: Counter[str], call: str
) -> None:
    for number in spread(counted[call]):
        run = bench(f"inject={call}:signal=SIGKILL:when={number}")
        assert run.returncode != 0
        found = bench.found()
        assert found == NAMES[: len(found)], f"{call} {number}"
        assert run.acknowledged <= len(found) <= run.acknowledged + 1, f"{call} {number}"


# --- the disk refuses ----------------------------------------------------------------------------


def check_refusal(bench: Bench, run: Run, what: str) -> None:
    assert "Traceback" not in run.stderr or not run.said, f"{what}: {run.stderr}"
    found = bench.found()
    assert found == NAMES[: len(found)], what
    assert run.acknowledged <= len(found) <= run.acknowledged + 1, what
    if run.last == "sticks":
        return
    assert run.last in ("full", "done", "degraded", ""), f"{what}: {run.said[-1:]}"


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "ftruncate"])
def test_after_an_io_error_nothing_more_is_written_and_nothing_acknowledged_is_lost(
    bench: Bench, counted: Counter[str], call: str
) -> None:
    ends = Counter[str]()
    for number in spread(counted[call]):
        run = bench(f"inject={call}:error=EIO:when={number}")
        check_refusal(bench, run, f"EIO at {call} {number}")
        ends[run.last] += 1
    assert call == "ftruncate" or ends["sticks"], f"no append met an error: {ends}"


def test_a_full_disk_takes_what_is_under_way_and_begins_nothing_new(bench: Bench, counted: Counter[str]) -> None:
    for number in spread(counted["pwrite64"]):
        run = bench(f"inject=pwrite64:error=ENOSPC:when={number}")
        what = f"ENOSPC at pwrite64 {number}"
        check_refusal(bench, run, what)
        if run.last == "full":
            assert NAMES[run.acknowledged] in {kind.__name__ for kind in BEGINS}, what
        elif run.said:
            assert run.last != "sticks", what


def test_a_disk_that_takes_its_time_is_waited_for(bench: Bench) -> None:
    run = bench("inject=fdatasync:delay_exit=30000")  # microseconds
    assert run.acknowledged == len(NAMES), run.stderr
    assert unsynced(run.calls, bench.folder) == []
    assert bench.found() == NAMES


SMALL = pytest.mark.skipif(
    not works("unshare", "--mount", "mount", "-t", "tmpfs", "small", "/mnt"),
    reason="nobody here may mount a disk of a few hundred KiB",
)


def on_small_disk(script: str, place: Path) -> list[str]:
    """The words that `script` prints, run with a disk of 1000 KiB at `place` that nobody else sees."""
    program = place / "script.py"
    program.write_text(_ON_SMALL_DISK + script)
    disk = place / "disk"
    disk.mkdir()
    commands = f'mount -t tmpfs -o size=1000k small {disk} && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", commands, "sh", sys.executable, str(program), str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


_ON_SMALL_DISK = """
import os, sys
from pathlib import Path
from pos_app.clock import BootClock
from pos_app.journal.errors import JournalFull
from pos_app.journal.journal import Journal
from pos_app.testing.writer import payment_events

state, events = Path(sys.argv[1]), payment_events(1)

def opened():
    return Journal.open(state / "journal", BootClock(), allow_volatile=True, reserve_bytes=300 * 1024)

def append(journal, first, last):
    for event in events[first:last]:
        journal.append("P1", event)
    print(journal.payments["P1"].state.label)

def begin_another(journal):
    try:
        journal.append("P2", events[0])
        print("begun")
    except JournalFull:
        print("refused")

def fill(leave):
    with (state / "ballast").open("ab", buffering=0) as ballast:
        try:
            while (disk := os.statvfs(state)).f_bavail * disk.f_frsize > leave:
                ballast.write(bytes(512))
        except OSError:
            pass
"""


@SMALL
def test_a_full_disk_takes_the_verdict_of_the_open_sale_and_refuses_another(tmp_path: Path) -> None:
    script = """
with opened() as journal:
    append(journal, 0, 7)
    fill(0)
    begin_another(journal)
    append(journal, 7, 8)
    append(journal, 8, 10)
    append(journal, 10, 13)
    begin_another(journal)
fill(100 * 1024)
with opened() as journal:
    print(journal.payments["P1"].state.label)
    begin_another(journal)
    (state / "ballast").unlink()
    journal.roll()
    begin_another(journal)
"""
    assert on_small_disk(script, tmp_path) == [
        *("CHARGING", "refused", "REPORTING_OK", "PRINTING", "CLOSED", "refused"),
        *("CLOSED", "refused", "begun"),
    ]


@SMALL
def test_a_terminal_that_starts_on_a_full_disk_brings_what_is_open_to_its_end(tmp_path: Path) -> None:
    script = """
with opened() as journal:
    append(journal, 0, 7)
fill(0)
with opened() as journal:
    begin_another(journal)
    append(journal, 7, 13)
"""
    assert on_small_disk(script, tmp_path) == ["CHARGING", "refused", "CLOSED"]


@SMALL
def test_without_the_reserve_a_full_disk_loses_the_verdict(tmp_path: Path) -> None:
    script = """
with opened() as journal:
    append(journal, 0, 7)
    fill(0)
    (state / "reserve").rename(state / "kept")
    try:
        for event in events[7:]:
            journal.append("P1", event)
    except Exception as error:
        print(type(error).__name__, journal.degraded is not None)
"""
    assert on_small_disk(script, tmp_path) == ["CHARGING", "JournalFull", "True"]
