"""SIGKILL at the durable records of real payments, sandbox and card reader being other processes; then `recover`.

A few records are enough here: `scripts/campaign --real` (POS_CAMPAIGN=full) takes every one, and of the recoveries too.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pos_app.domain import events as e
from pos_app.testing.command import CODE, Command, can_trace, control_of
from pos_app.testing.kills import Kill, Rig, durable, profile_of, unwritten

FULL = os.environ.get("POS_CAMPAIGN") == "full"
PATIENCE = 20.0

# The events of a payment that goes well, in the order of its records.
RECORDS: tuple[type[e.Event], ...] = (
    *(e.NoticeRead, e.NoticeVerified, e.BaselineTaken, e.CustomerConfirmed, e.ActivationIntended, e.ActivationAccepted),
    *(e.ChargeStarted, e.CardApproved, e.ReaderReceiptTaken, e.OutcomeIntended, e.OutcomeAccepted),
    *(e.PrintStarted, e.CopyPrinted, e.PrintStarted, e.CopyPrinted, e.ReceiptPrinted),
)
ACTIVATING, CHARGING, APPROVED, REPORTING = (
    RECORDS.index(kind) + 1 for kind in (e.ActivationIntended, e.ChargeStarted, e.CardApproved, e.OutcomeIntended)
)

needs_strace = pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace: it kills in time")
pytestmark = pytest.mark.timeout(300 if FULL else 60)
tier = pytest.mark.skipif(not FULL, reason="a case of the campaign's tier: POS_CAMPAIGN=full, scripts/campaign --real")

Start = Callable[..., Rig]


@contextmanager
def program(command: Command, ready: str, *arguments: object) -> Iterator[str]:
    """A program of ours that runs meanwhile; what it says behind `ready` when it is."""
    process = command.start(*arguments)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith(ready), process.communicate(timeout=5)
        yield line.removeprefix(ready).strip()
    finally:
        process.terminate()
        process.communicate(timeout=5)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox that is a process of its own."""
    command = Command(tmp_path_factory.mktemp("city"))
    with program(command, "sandbox ready", "sandbox", "--port", "0") as url:
        yield url


@pytest.fixture
def start(city: str, tmp_path: Path) -> Iterator[Start]:
    """`start(script)`: a new terminal, its reader a process that behaves so, and a sandbox as it was at first."""
    with ExitStack() as stack:

        def new(script: str = "") -> Rig:
            control = control_of(city)
            control("POST", "/control/reset")
            place = tmp_path / str(len(list(tmp_path.iterdir())))
            place.mkdir()
            command = Command(place / "state", {"POS_TERMINAL__PSP__URL": f"{city}/psp"})
            behaviour, port, memory = place / "script.toml", place / "reader", place / "reader.json"
            behaviour.write_text(script)
            reader = ("simulate", "card-reader", "--pty", port, "--script", behaviour, "--state", memory)
            stack.enter_context(program(command, "card-reader ready", *reader))
            return Rig(command, control, profile_of(port, place / "bench.toml"), memory)

        yield new


def settle(rig: Rig) -> None:
    """Recover, and again: the second time there is nothing left to do, and the first one left nothing undone."""
    done = rig.recover()
    assert done.returncode == 0, done.stdout + done.stderr
    assert rig.disagreements() == []
    records, sent = len(rig.records()), rig.outcomes()
    again = rig.recover()
    assert again.returncode == 0, again.stdout + again.stderr
    assert (len(rig.records()), rig.outcomes()) == (records, sent), "the second recovery did something"


def expected_outcome(last: int, *, charged: bool) -> str:
    """What the recovery tables say, by the number of durable records: the outcome, or none where nothing was begun."""
    if last >= APPROVED or (last == CHARGING and charged):
        return "OK"
    return "KO" if last >= ACTIVATING else ""


def check_kill(rig: Rig, kill: Kill, *recoveries: Kill) -> int:
    """Pay up to the kill, recover up to these, then to the end; how many records there were behind the first kill."""
    rig.pay(kill)
    found = len(rig.records())
    assert [type(event) for event in rig.events()] == list(RECORDS[:found])
    for again in recoveries:
        rig.recover(again)
    settle(rig)
    outcome = expected_outcome(found, charged=bool(rig.charges()))
    assert set(rig.outcomes()) == ({outcome} if outcome else set()), f"killed behind record {found}"
    return found


# --- killed at a record -----------------------------------------------------------------------------

ALL = range(1, len(RECORDS) + 1)


def name_of(record: int) -> str:
    return f"{record}-{RECORDS[record - 1].__name__}"


@pytest.fixture(scope="module")
def writes(city: str, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """How many writes the log has seen when each record of a payment is complete."""
    place = tmp_path_factory.mktemp("writes")
    command = Command(place / "state", {"POS_TERMINAL__PSP__URL": f"{city}/psp"})
    control_of(city)("POST", "/control/reset")
    (place / "script.toml").write_text("")
    reader = ("simulate", "card-reader", "--pty", place / "reader", "--script", place / "script.toml")
    with program(command, "card-reader ready", *reader):
        rig = Rig(command, control_of(city), profile_of(place / "reader", place / "bench.toml"), place / "none")
        found = rig.writes()
    assert len(found) == len(RECORDS)
    return found


@pytest.mark.slow(reason="two processes start, one is killed, two more recover")
@needs_strace
@pytest.mark.parametrize("record", ALL if FULL else (CHARGING,), ids=name_of)
def test_killed_once_a_record_is_durable_and_before_anything_follows(start: Start, record: int) -> None:
    assert check_kill(start(), durable(record)) == record


@pytest.mark.slow(reason="two processes start, one is killed, two more recover")
@needs_strace
@pytest.mark.parametrize("record", ALL if FULL else (REPORTING + 1,), ids=name_of)
def test_killed_before_what_the_others_know_is_a_record(start: Start, record: int, writes: list[int]) -> None:
    rig = start()
    found = check_kill(rig, unwritten(rig.log, writes, record))
    assert abs(found - (record - 1)) <= 1, "a stamp that is longer than the last one may fill a page a record earlier"


@pytest.mark.slow(reason="two processes start, three are killed, two more recover")
@needs_strace
@pytest.mark.parametrize("first", (1, 2, 3, 4) if FULL else (1,))
@pytest.mark.parametrize("record", range(ACTIVATING + 1, len(RECORDS)) if FULL else (APPROVED,), ids=name_of)
def test_killed_and_killed_again_in_its_recovery_and_again(
    start: Start, record: int, first: int, writes: list[int]
) -> None:
    rig = start()
    check_kill(rig, unwritten(rig.log, writes, record), durable(first), durable(2))


# --- killed while the others are slow ------------------------------------------------------------------


def until(rig: Rig, kind: type[e.Event], process: "subprocess.Popen[str]") -> None:
    """Wait until this event is in the journal of the running payment."""
    end = time.monotonic() + PATIENCE
    while not any(isinstance(event, kind) for event in rig.events()):
        assert time.monotonic() < end, rig.events()
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def struck(rig: Rig, signal_number: int, *, pause: float = 0.5) -> int:
    """Pay, and send this signal a moment after the charge was journaled; how the process ended."""
    process = rig.command.start("pay", "--profile", rig.profile, "--code", CODE, "--yes")
    until(rig, e.ChargeStarted, process)
    time.sleep(pause)
    process.send_signal(signal_number)
    process.communicate(timeout=PATIENCE)
    return process.returncode


@tier
@pytest.mark.slow(reason="two processes start, one is killed, two more recover")
@pytest.mark.parametrize(("answer", "outcome"), [("silence_charged", "OK"), ("silence", "KO")])
def test_killed_while_the_reader_is_silent(start: Start, answer: str, outcome: str) -> None:
    rig = start(f'[[payment]]\nanswer = "{answer}"\n')
    struck(rig, signal.SIGKILL)
    assert len(rig.charges()) == (outcome == "OK")
    settle(rig)
    assert rig.outcomes() == [outcome]


@tier
@pytest.mark.slow(reason="two processes start, one is told to end, two more recover")
def test_told_to_end_while_the_card_is_in_the_reader(start: Start) -> None:
    """Whether it ends at once or finishes the sale first (reliability.md X3): what follows is the same."""
    rig = start("[terminal]\npace = 0.2\n")
    struck(rig, signal.SIGTERM, pause=0.2)
    settle(rig)
    assert len(rig.charges()) == 1
    assert rig.outcomes() == ["OK"]


@pytest.mark.slow(reason="a payment waits for its card while another process tries")
def test_a_second_terminal_on_the_same_state_is_told_who_is_first(start: Start) -> None:
    rig = start('[[payment]]\nanswer = "silence"\n')
    process = rig.command.start("pay", "--profile", rig.profile, "--code", CODE, "--yes")
    until(rig, e.NoticeRead, process)
    second = rig.pay()
    process.kill()
    process.communicate(timeout=5)
    assert second.returncode == 8
    assert str(process.pid) in second.stderr
