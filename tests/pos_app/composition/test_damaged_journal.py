"""A damaged journal, met by the command: `pay`, `run` and `recover` refuse with exit 6 and say what to do.

Sealed months that are large are looked through beside the payments, in a process of its own. POS_CAMPAIGN=full flips
hundreds of bits.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event
from unittest.mock import patch

import pytest

from pos_app.cli import main
from pos_app.composition.archive import keep_looking
from pos_app.domain import events as e
from pos_app.domain.fold import Record
from pos_app.journal.errors import JournalLocked
from pos_app.journal.journal import Journal
from pos_app.journal.reader import JournalReader
from pos_app.journal.segment import Segment
from pos_app.testing.command import CODE, Command
from pos_app.testing.writer import ShiftedClock

FULL = os.environ.get("POS_CAMPAIGN") == "full"
FLIPS = 150 if FULL else 4
LOCKED = 6
MEMORY = Path("/dev/shm")
RESERVE = 4096

COMMANDS = {
    "pay": ("pay", "--profile", "simulator", "--code", CODE, "--yes"),
    "run": ("run", "--profile", "simulator"),
    "recover": ("recover", "--profile", "simulator"),
}
LAST = 40  # payments, so that the open month has pages that are not in its log as well
REFUSED = e.NoticeRefused("PAA_PAGAMENTO_SCADUTO", "expired")


def read_notice(number: int) -> e.NoticeRead:
    return e.NoticeRead(
        "301000000000012373", "77777777777", 12550, "typed", verify=True, operation=f"2026-{number:06d}"
    )


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Place:
    """One terminal's state, and yesterday's copy of its open month."""

    state: Path

    @property
    def journal(self) -> Path:
        return self.state / "journal"

    @property
    def months(self) -> list[str]:
        return sorted(path.name for path in self.journal.glob("????-??.db"))

    @property
    def sealed(self) -> Path:
        return self.journal / self.months[0]

    @property
    def open(self) -> Path:
        return self.journal / self.months[-1]

    @property
    def log(self) -> Path:
        return self.open.with_name(f"{self.open.name}-wal")

    @property
    def yesterday(self) -> Path:
        return self.state / "yesterday.db"

    def records(self) -> list[Record]:
        return list(JournalReader(self.journal).records())

    def flip(self, path: Path, bit: int) -> None:
        data = bytearray(path.read_bytes())
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(data))

    def run(self, *arguments: str) -> Done:
        """The command in this process; nobody types anything."""
        output, errors = StringIO(), StringIO()
        with (
            patch.dict(os.environ, Command(self.state).env(), clear=True),
            patch("sys.stdin", Path(os.devnull).open()) as stdin,
            redirect_stdout(output),
            redirect_stderr(errors),
            pytest.raises(SystemExit) as ended,
            stdin,
        ):
            main(list(arguments))
        return Done(int(ended.value.code or 0), output.getvalue(), errors.getvalue())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A terminal that was switched off hard: one month sealed, the next one in the database and in the log."""
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path_factory.mktemp("state")) as place:
        state, clock = Path(place) / "state", ShiftedClock()
        clock.days = -40
        with Journal.open(state / "journal", clock, allow_volatile=True, reserve_bytes=RESERVE) as journal:
            for number in range(1, LAST + 1):
                journal.append(f"P{number}", read_notice(number))
                journal.append(f"P{number}", REFUSED)
                if number == 4:
                    clock.days = 0
                    journal.roll()
                if number == LAST - 1:
                    shutil.copy(Place(state).open, state / "yesterday.db")
            journal.append(f"P{LAST}", e.PrintStarted("not_executed", 1, "QUJD"))
            journal.append(f"P{LAST}", e.CopyPrinted("not_executed", "process_id"))
            kept = Path(place) / "kept"
            shutil.copytree(state, kept, ignore=shutil.ignore_patterns("*-shm", "reserve"))
        yield kept


@pytest.fixture
def fresh(template: Path) -> Iterator[Callable[[], Place]]:
    """`fresh()`: that terminal, untouched."""
    here = template.with_name("here")

    def copy() -> Place:
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(template, here)
        return Place(here)

    yield copy
    shutil.rmtree(here, ignore_errors=True)


Fresh = Callable[[], Place]


def check_locked(done: Done) -> None:
    assert done.exit_code == LOCKED, done.stderr
    assert "journal quarantine" in done.stderr or "newest one back" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


# --- damage of every kind ------------------------------------------------------------------------


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def put_back_alone(place: Place) -> None:
    place.log.unlink()
    shutil.copy(place.yesterday, place.open)


def without_open_month(place: Place) -> None:
    place.log.unlink()
    place.open.unlink()


def without_segments(place: Place) -> None:
    for path in place.journal.glob("*.db*"):
        path.unlink()


DAMAGE: dict[str, Callable[[Place], object]] = {
    "the log cut short": lambda place: cut(place.log),
    "the open month cut short": lambda place: cut(place.open),
    "a sealed month cut short": lambda place: cut(place.sealed),
    "the log deleted": lambda place: place.log.unlink(),
    "the open month deleted": without_open_month,
    "a sealed month deleted": lambda place: place.sealed.unlink(),
    "all months deleted": without_segments,
    "the head deleted": lambda place: (place.journal / "head").unlink(),
    "the head cut short": lambda place: os.truncate(place.journal / "head", 0),
    "the journal deleted": lambda place: shutil.rmtree(place.journal),
    "yesterday's copy put back alone": put_back_alone,
    "the log of zeros": lambda place: place.log.write_bytes(bytes(place.log.stat().st_size)),
}


def test_an_undamaged_journal_verifies(fresh: Fresh) -> None:
    assert fresh().run("journal", "verify").exit_code == 0


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_no_money_moves_on_a_damaged_journal(fresh: Fresh, damage: Callable[[Place], object]) -> None:
    for command in COMMANDS.values():
        place = fresh()
        damage(place)
        check_locked(place.run(*command))
    assert place.run("journal", "verify").exit_code == LOCKED or not place.months


@pytest.mark.slow(reason="processes of the command")
@pytest.mark.parametrize("command", COMMANDS.values() if FULL else [COMMANDS["pay"]], ids=lambda words: words[0])
def test_the_process_itself_says_so(fresh: Fresh, command: tuple[str, ...]) -> None:
    place = fresh()
    cut(place.log)
    done = Command(place.state)(*command)
    check_locked(Done(done.returncode, done.stdout, done.stderr))


# --- a bit anywhere ------------------------------------------------------------------------------


@pytest.mark.slow(reason="where a flip is harmless the command runs to its end")
@pytest.mark.timeout(3600 if FULL else 60)
@pytest.mark.parametrize("file", ["open", "log", "head", "sealed"])
def test_a_bit_flipped_anywhere_locks_or_changes_nothing(fresh: Fresh, file: str) -> None:
    expected = fresh().records()
    random, seen = Random(file), Counter[str]()
    size = path_of(fresh(), file).stat().st_size * 8
    for bit in random.sample(range(size), FLIPS):
        place = fresh()
        place.flip(path_of(place, file), bit)
        verified, done = place.run("journal", "verify"), place.run(*COMMANDS["recover"])
        if done.exit_code == LOCKED:
            check_locked(done)
            seen["locked"] += 1
            continue
        assert done.exit_code == 0, f"bit {bit} of {file}: {done.stderr}"
        assert verified.exit_code == 0, f"bit {bit} of {file}: {verified.stderr}"
        assert place.records() == expected, f"bit {bit} of {file}"
        seen["harmless"] += 1
    assert file == "head" or seen["locked"] > 0, seen


@pytest.mark.slow(reason="a process of the command")
def test_a_large_archive_is_looked_through_beside_the_payments(fresh: Fresh) -> None:
    place = fresh()
    word = b'"operation":"2026-000003"'
    place.flip(place.sealed, (place.sealed.read_bytes().index(word) + len(word) - 2) * 8)
    with patch.dict(os.environ, Command(place.state).env(), clear=True):
        keep_looking(place.journal, None, Event())  # it is small: the start did it
        with pytest.raises(JournalLocked, match=r"Record 5 of the journal was changed.*journal quarantine"):
            keep_looking(place.journal, None, Event(), already_seen=0)
        ended = Event()
        ended.set()
        keep_looking(place.journal, None, ended, already_seen=0)


def path_of(place: Place, file: str) -> Path:
    return {"open": place.open, "log": place.log, "head": place.journal / "head", "sealed": place.sealed}[file]


@pytest.mark.parametrize("word", [b'"code":"PAA_PAGAMENTO_SCADUTO"', b'"operation":"2026-000006"', b"P7NoticeRead"])
def test_a_bit_in_what_a_record_says_locks_every_command(fresh: Fresh, word: bytes) -> None:
    for command in COMMANDS.values():
        place = fresh()
        place.flip(place.open, (place.open.read_bytes().index(word) + len(word) - 2) * 8)
        check_locked(place.run(*command))


def test_a_bit_in_a_seal_locks_every_command(fresh: Fresh) -> None:
    with closing(Segment.open_reading(fresh().sealed)) as segment:
        end = segment.last().hash.encode()
    for command in COMMANDS.values():
        place = fresh()
        place.flip(place.sealed, place.sealed.read_bytes().index(end) * 8)
        check_locked(place.run(*command))
