"""The fault campaign, a handful of schedules of it: `scripts/campaign` runs the rest."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from pos_app.testing.campaign import catalogue, schedule
from pos_app.testing.campaign.mutants import MUTANTS
from pos_app.testing.campaign.plan import Kill, Plan
from pos_app.testing.campaign.program import replay
from pos_app.testing.campaign.tally import Tally
from pos_app.testing.campaign.witness import Breach
from pos_app.testing.campaign.work import Piece, do

SEEDS = range(100_000, 100_020)
ROOT = Path(__file__).parents[2]


def test_schedules_break_no_rule() -> None:
    for seed in SEEDS:
        assert schedule.run(schedule.plan(seed)).breaches == (), f"scripts/campaign --seed {seed}"


@pytest.mark.parametrize("kind", ["append", "appended", "post", "posted", "heard", "wrote", "print"])
def test_a_payment_survives_the_end_of_its_process_at_a_port(kind: str) -> None:
    outcome = schedule.run(Plan(1, kills=(Kill(kind, 2),)))
    assert outcome.kills == 1
    assert outcome.breaches == ()


def test_a_payment_survives_the_end_of_its_process_between_two_bytecodes() -> None:
    counted = schedule.run(Plan(1, real_disk=True), opcode=0)
    for at in range(counted.bytecodes // 3, counted.bytecodes, counted.bytecodes // 3):
        outcome = schedule.run(Plan(1, real_disk=True), opcode=at)
        assert outcome.kills == 1
        assert outcome.breaches == ()


@pytest.mark.parametrize("seed", [2002909, 2002940, 2002966])
def test_a_lock_that_a_repeat_opened_is_not_given_up_with_the_first_request_s_time(seed: int) -> None:
    faults = ("O8", "X10", "P9", "P16")  # the first requests never leave, a later one is answered to nobody
    kills = (Kill("write", 10),)
    drawn = Plan(seed, (1, 2, 2), faults, kills, fickle=5, token_seconds=600, baseline="none", poll_seconds=60.0)
    assert schedule.run(replace(drawn, meanwhile=50)).breaches == ()


def test_the_same_seed_is_the_same_schedule() -> None:
    drawn = replace(schedule.plan(SEEDS[0]), faults=("P3", "S10"), fickle=30)
    traces: list[list[str]] = [[], []]
    for trace in traces:
        schedule.run(drawn, trace=trace)
    assert traces[0] == traces[1]
    assert traces[0]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_terminal_is_caught_by_a_rule_that_the_right_one_keeps(name: str) -> None:
    tally = do(Piece("mutants", (name,)))
    assert tally.mutants == {name: True}
    assert tally.is_clean


def test_a_broken_rule_turns_a_zero_of_the_last_line_into_a_number() -> None:
    mutant = MUTANTS["hasty_ack"]
    tally = Tally(mutants={"hasty_ack": True})
    tally.add("0", schedule.run(mutant.plans()[0], mutant.making))
    assert not tally.is_clean
    assert " lost=1 " in tally.last_line
    assert tally.last_line.startswith("schedules=1 crash_points=0 faults=0 double=0 ")
    assert tally.last_line.endswith(" stuck=0 mutants=1/1")


def test_a_missed_mutant_is_no_success() -> None:
    assert Tally(mutants={"hasty_ack": True}).is_clean
    assert not Tally(mutants={"hasty_ack": False}).is_clean


def test_a_schedule_counts_once_under_each_count() -> None:
    tally = Tally()
    tally.fail("7", [Breach("lost", "one", ""), Breach("lost", "two", ""), Breach("stuck", "three", "")])
    assert (tally.broken["lost"], tally.broken["stuck"], tally.broken["double"]) == (1, 1, 0)


def test_every_fault_of_the_catalogue_has_its_injector_or_its_reason() -> None:
    last = {"Q": 13, "P": 30, "S": 24, "T": 8, "K": 7, "C": 5, "X": 10, "O": 7}
    wanted = {f"{room}{number}" for room, count in last.items() for number in range(1, count + 1)}
    assert wanted <= {*catalogue.FAULTS, *catalogue.ELSEWHERE, *catalogue.UNKNOWN}
    assert not set(catalogue.FAULTS) & set(catalogue.ELSEWHERE)


@pytest.mark.parametrize("named", sorted({test for each in catalogue.ELSEWHERE.values() for test in each.tests}))
def test_what_is_done_elsewhere_is_done_by_a_test_that_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_fault_is_elsewhere_without_a_test() -> None:
    assert all(each.tests for each in catalogue.ELSEWHERE.values())


def test_a_schedule_is_told_again_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(str(SEEDS[0])) == 0
    told = capsys.readouterr()
    assert "NoticeRead" in told.err
    assert told.out.startswith("schedules=1 ")
