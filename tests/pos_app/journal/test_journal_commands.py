"""`pos-terminal journal search | export | quarantine`, as a person at the keyboard meets them."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pos_app.cli import main
from pos_app.domain import events as e
from pos_app.journal.journal import Journal

Open = Callable[[], Journal]
Run = Callable[..., Result]

CARD = e.Card("00", "result", "00000001", 12700, "4242", "credit")
PAID = (e.CardApproved(CARD), e.OutcomeIntended("OK", "k", "b"), e.OutcomeAccepted(), e.ReceiptDeferred("later"))


@pytest.fixture
def run(folder: Path) -> Run:
    def call(*arguments: str) -> Result:
        environ = {"POS_TERMINAL__TERMINAL__STATE_DIR": str(folder.parent)}
        return CliRunner().invoke(main, ["journal", *arguments], env=environ)

    return call


@pytest.fixture
def two_payments(open_journal: Open, until_charged: tuple[e.Event, ...]) -> None:
    with open_journal() as journal:
        for event in (*until_charged, *PAID):
            journal.append("P1", event)
        journal.append(
            "P2", e.NoticeRead("301000000000012474", "77777777777", 990, "typed", verify=True, operation="O2")
        )


@pytest.mark.usefixtures("two_payments")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--notice", "301000000000012373"], ["P1"]),
        (["--notice", "3010 0000 0000 0123 73"], ["P1"]),
        (["--notice", "2474"], ["P2"]),
        (["--last4", "4242"], ["P1"]),
        (["--date", "2026-11-21"], ["P1", "P2"]),
        (["--date", "2026-11-21", "--last4", "4242"], ["P1"]),
    ],
)
def test_search_finds_what_fits_all_that_is_named(run: Run, asked: list[str], found: list[str]) -> None:
    done = run("search", *asked, "--json")
    assert done.exit_code == 0, done.output
    assert [line["id"] for line in json.loads(done.stdout)] == found


@pytest.mark.usefixtures("two_payments")
@pytest.mark.parametrize(
    "asked", [["--notice", "999"], ["--notice", " "], ["--last4", "1111"], ["--date", "2026-11-22"]]
)
def test_search_without_a_hit_is_exit_3(run: Run, asked: list[str]) -> None:
    assert run("search", *asked).exit_code == 3


def test_search_for_nothing_is_a_mistake_of_use(run: Run) -> None:
    assert run("search").exit_code == 2
    assert run("search", "--date", "yesterday").exit_code == 2


@pytest.mark.usefixtures("two_payments")
def test_export_writes_what_was_charged(run: Run) -> None:
    done = run("export", "--from", "2026-11-21", "--to", "2026-11-21")
    assert done.exit_code == 0, done.output
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["payment_id"], row["amount"], row["method"], row["fdr_hint"]) == ("P1", "12550", "creditCard", "0")
    assert json.loads(run("export", "--format", "json").stdout)[0]["total"] == 12700
    assert json.loads(run("export", "--format", "json", "--from", "2026-11-22").stdout) == []


def test_export_from_after_to_is_a_mistake_of_use(run: Run) -> None:
    assert run("export", "--from", "2026-11-22", "--to", "2026-11-21").exit_code == 2


@pytest.mark.usefixtures("two_payments")
def test_out_of_a_locked_journal(run: Run, folder: Path, open_journal: Open) -> None:
    assert run("quarantine", "--reason", "for fun").exit_code == 3
    (folder / "head").unlink()
    locked = run("verify")
    assert locked.exit_code == 6
    assert "journal quarantine" in locked.stderr
    done = run("quarantine", "--reason", "the head was lost")
    assert done.exit_code == 0, done.output
    assert "became cases: 1" in done.stdout
    assert run("verify").exit_code == 0
    assert json.loads(run("list", "--json").stdout)[0]["needs_person"]


def test_quarantine_while_the_terminal_runs_is_exit_8(run: Run, journal: Journal) -> None:
    assert run("quarantine", "--reason", "hurry").exit_code == 8


def test_quarantine_wants_a_reason(run: Run) -> None:
    assert run("quarantine").exit_code == 2
