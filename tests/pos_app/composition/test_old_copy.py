"""An older copy of the whole journal, put back: it fits itself, and only the card reader knows better (K7)."""

import json
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pos_app.testing.command import CODE, Command

SECOND = "PAGOPA|002|301000000000020057|77777777777|8900"
THIRD = "PAGOPA|002|301000000000010050|88888888888|50000"
LOCKED = 6


def pay(command: Command, code: str) -> CompletedProcess[str]:
    return command("pay", "--code", code, "--yes", "--json")


def charges(command: Command) -> list[object]:
    ledger: list[object] = json.loads((command.state_dir / "doubles" / "card-reader.json").read_text())["ledger"]
    return ledger


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a terminal whose journal, head and all, is of before its last payment."""
    command = Command(tmp_path_factory.mktemp("old") / "state")
    journal, copy = command.state_dir / "journal", command.state_dir.parent / "yesterday"
    assert pay(command, CODE).returncode == 0
    shutil.copytree(journal, copy)
    assert pay(command, SECOND).returncode == 0
    shutil.rmtree(journal)
    shutil.copytree(copy, journal)
    return command.state_dir


@pytest.fixture
def put_back(command: Command, template: Path) -> Command:
    """That terminal, to oneself."""
    shutil.copytree(template, command.state_dir, ignore=shutil.ignore_patterns("card-reader"))
    return command


@pytest.mark.slow(reason="processes of the command, one after the other")
def test_no_money_moves_on_an_older_copy_and_a_person_is_told_what_to_do(put_back: Command) -> None:
    before = charges(put_back)
    assert put_back("journal", "verify").returncode == 0  # the files say nothing
    for refused in (pay(put_back, THIRD), put_back("recover"), put_back("run")):
        assert refused.returncode == LOCKED
        for said in ("STAN 000002", "journal quarantine --although-it-verifies", "reader accept"):
            assert said in refused.stderr
    assert charges(put_back) == before


@pytest.mark.slow(reason="processes of the command, one after the other")
def test_a_journal_begun_anew_goes_on_from_the_readers_memory(put_back: Command) -> None:
    assert put_back("journal", "quarantine", "--although-it-verifies", "--reason", "copia vecchia").returncode == 0
    assert pay(put_back, THIRD).returncode == 0
    assert put_back("recover").returncode == 0


@pytest.mark.slow(reason="processes of the command, one after the other")
def test_who_used_the_reader_alone_says_so_once(put_back: Command) -> None:
    accepting = ("reader", "accept", "--operator", "Anna", "--reason", "sigarette")
    accepted = put_back(*accepting)
    assert accepted.returncode == 0, accepted.stderr
    assert "STAN 000002" in accepted.stdout
    again = put_back(*accepting)
    assert (again.returncode, "nothing to accept" in again.stderr) == (3, True)
    assert pay(put_back, THIRD).returncode == 0


@pytest.mark.slow(reason="processes of the command, one after the other")
def test_a_reader_that_others_use_too_is_no_witness(put_back: Command) -> None:
    put_back.environ["POS_TERMINAL__TERMINAL__SHARED_READER"] = "true"
    assert pay(put_back, THIRD).returncode == 0
