"""SIGKILL in the middle of a payment, with sandbox and card reader as other processes; then `recover`."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos_app.journal.errors import JournalError
from pos_app.journal.reader import JournalReader
from pos_app.testing.command import CODE, Command, Control, profile_text

NOTICE = "/control/notices/77777777777/301000000000012373"
PATIENCE = 20.0


Reader = Callable[[str], Path]


@pytest.fixture
def reader(connected: Command, tmp_path: Path) -> Iterator[Reader]:
    """`reader(script)` starts the double as a program and gives the profile that names its port."""
    running: list[subprocess.Popen[str]] = []

    def start(script: str) -> Path:
        path, port = tmp_path / "script.toml", tmp_path / "reader"
        path.write_text(script)
        state = ("--state", tmp_path / "reader.json")
        running.append(connected.start("simulate", "card-reader", "--pty", port, "--script", path, *state))
        stdout = running[-1].stdout
        assert stdout is not None
        assert stdout.readline() == f"card-reader ready {port}\n"
        profile = tmp_path / "bench.toml"
        profile.write_text(profile_text(str(port), quiet_seconds=1.0, poll_seconds=0.2))
        return profile

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=5)


def kill_after(connected: Command, profile: Path, event: str, *, pause: float = 0.0) -> None:
    """Start a payment and kill it as soon as `event` is in the journal."""
    process = connected.start("pay", "--profile", profile, "--code", CODE, "--yes")
    until = time.monotonic() + PATIENCE
    while event not in journaled(connected):
        assert time.monotonic() < until, journaled(connected)
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=5)


def journaled(connected: Command) -> list[str]:
    try:
        return [type(record.event).__name__ for record in JournalReader(connected.state_dir / "journal").records()]
    except JournalError:
        return []  # it is just being made


def outcomes(control: Control) -> list[str]:
    calls = control("GET", "/control/calls?operation=sendPaymentOutcomeV2&at=node")["calls"]
    return ["OK" if "<outcome>OK</outcome>" in call["request"] else "KO" for call in calls]


@pytest.mark.slow(reason="two processes start, one is killed, a third recovers")
def test_killed_after_the_charge_and_before_the_outcome_recover_reports_ok_once(
    connected: Command, control: Control, reader: Reader
) -> None:
    profile = reader("[terminal]\npace = 0.5\n")  # its receipt takes seconds: the outcome is not sent yet
    kill_after(connected, profile, "CardApproved")
    assert outcomes(control) == []
    done = connected("recover", "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(control) == ["OK"]
    assert control("GET", NOTICE)["position"] == "NOTIFIED"
    assert connected("recover", "--profile", profile).returncode == 0
    assert outcomes(control) == ["OK"]


@pytest.mark.slow(reason="two processes start, one is killed, a third recovers")
def test_killed_while_the_charge_is_unknown_recover_finds_it_and_reports_ok(
    connected: Command, control: Control, reader: Reader, tmp_path: Path
) -> None:
    profile = reader('[[payment]]\nanswer = "silence_charged"\n')
    kill_after(connected, profile, "ChargeStarted", pause=0.5)
    assert json.loads((tmp_path / "reader.json").read_text())["ledger"], "the money was taken"
    done = connected("recover", "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(control) == ["OK"]
    assert control("GET", NOTICE)["position"] == "NOTIFIED"


@pytest.mark.slow(reason="two processes start, one is killed, a third recovers, a fourth pays")
def test_killed_before_the_charge_recover_reports_ko_and_the_notice_is_payable_again(
    connected: Command, control: Control, reader: Reader
) -> None:
    profile = reader('[[payment]]\nanswer = "silence"\n')
    kill_after(connected, profile, "ChargeStarted", pause=0.5)
    done = connected("recover", "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(control) == ["KO"]
    assert control("GET", NOTICE)["position"] == "INSERTED"
    assert connected("pay", "--profile", profile, "--code", CODE, "--yes").returncode == 0


@pytest.mark.slow(reason="two processes start, one is killed, a third recovers")
def test_killed_while_activating_recover_learns_the_token_and_releases_the_notice(
    connected: Command, control: Control, reader: Reader
) -> None:
    profile = reader("")
    control(
        "POST",
        "/control/faults",
        {"operation": "activatePaymentNoticeV2", "at": "psp", "kind": "delay", "delay": 5, "when": "after"},
    )
    kill_after(connected, profile, "ActivationIntended", pause=0.5)
    done = connected("recover", "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(control) == ["KO"]
    assert control("GET", NOTICE)["position"] == "INSERTED"


@pytest.mark.slow(reason="a payment waits for its card while another process tries")
def test_a_second_terminal_on_the_same_state_is_told_who_is_first(connected: Command, reader: Reader) -> None:
    profile = reader('[[payment]]\nanswer = "silence"\n')
    process = connected.start("pay", "--profile", profile, "--code", CODE, "--yes")
    until = time.monotonic() + PATIENCE
    while "ChargeStarted" not in journaled(connected):
        assert time.monotonic() < until
        time.sleep(0.02)
    second = connected("pay", "--profile", profile, "--code", CODE, "--yes")
    process.kill()
    process.communicate(timeout=5)
    assert second.returncode == 8
    assert str(process.pid) in second.stderr
