"""What may be concluded about time, whatever the wall clock does and however often we boot (reliability.md C1-C5)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.clock import Age, age, has_surely_passed, later, may_still_be_valid, seconds_since, stamp, surely_left
from pos_app.domain.events import Stamp
from pos_app.testing.clock import VirtualClock

LIFE = 1800.0
YEARS = 10 * 365 * 86400.0
ROUNDED = 0.002  # stamps keep milliseconds

waits = st.floats(0.0, 100_000.0)
jumps = st.floats(-YEARS, YEARS)


@dataclass
class Told:
    """What was journaled first and latest, how long ago the first really was, how often the machine booted since."""

    clock: VirtualClock
    first: Stamp
    latest: Stamp
    passed: float
    boots: int


@st.composite
def histories(draw: st.DrawFn, *, jump: st.SearchStrategy[float] | None = None, reboots: bool = True) -> Told:
    clock = VirtualClock()
    told = Told(clock, stamp(clock), stamp(clock), 0.0, 0)
    kinds = ["wait", *([] if jump is None else ["jump"]), *(["reboot"] if reboots else [])]
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        seconds = draw(jump if kind == "jump" and jump is not None else waits)
        if kind == "jump":
            clock.jump(seconds)
        elif kind == "wait":
            clock.advance(seconds)
            told.passed += seconds
        else:
            clock.reboot(seconds + 10.0)  # after which it has been up for ten seconds
            told.passed += seconds + 10.0
            told.boots += 1
        if draw(st.booleans()):
            told.latest = later(told.latest, stamp(clock))
    return told


def age_of(told: Told) -> Age:
    return age(told.clock, told.first, told.latest)


@given(histories(jump=jumps, reboots=False))
def test_within_one_boot_no_jump_of_the_wall_clock_changes_anything(told: Told) -> None:
    known = age_of(told)
    assert known.at_least == known.at_most == pytest.approx(told.passed, abs=ROUNDED)


@given(histories())
def test_over_reboots_a_wall_clock_that_never_jumps_tells_the_time(told: Told) -> None:
    known = age_of(told)
    assert known.at_least == pytest.approx(told.passed, abs=ROUNDED)
    assert known.at_most == pytest.approx(told.passed, abs=ROUNDED)


@given(histories(jump=st.floats(-YEARS, 0.0)))
def test_a_wall_clock_that_was_set_back_never_makes_anything_older_than_it_is(told: Told) -> None:
    assert age_of(told).at_least <= told.passed + ROUNDED


@given(histories(jump=st.floats(-YEARS, 0.0)))
def test_a_wall_clock_that_stands_before_the_journal_makes_nothing_surely_valid(told: Told) -> None:
    before_the_journal = stamp(told.clock).utc < told.latest.utc
    if told.boots and before_the_journal:
        assert age_of(told).at_most == float("inf")
        assert surely_left(told.clock, told.first, LIFE, told.latest) == 0.0


@given(histories(jump=st.floats(0.0, YEARS)))
def test_a_wall_clock_that_was_set_forward_never_makes_anything_younger_than_it_is(told: Told) -> None:
    assert age_of(told).at_most >= told.passed - ROUNDED


@given(histories(jump=jumps), st.floats(0.0, 10_000.0))
def test_something_has_passed_or_may_still_be_valid_never_both(told: Told, seconds: float) -> None:
    passed = has_surely_passed(told.clock, told.first, seconds, told.latest)
    assert passed is not may_still_be_valid(told.clock, told.first, seconds, told.latest)
    if passed:
        assert surely_left(told.clock, told.first, seconds, told.latest) == 0.0


@pytest.mark.parametrize("jump", [3600.0, -3600.0, YEARS, -YEARS])
def test_c1_a_jump_in_the_middle_of_a_sale_changes_no_decision(jump: float) -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.advance(600)
    clock.jump(jump)
    assert surely_left(clock, sent, LIFE) == pytest.approx(1200)
    assert seconds_since(clock, sent) == pytest.approx(600)


def test_c2_a_clock_without_a_battery_leaves_only_the_time_since_boot() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.reboot(3600)
    clock.jump(-50 * 365 * 86400.0)  # 1976
    assert may_still_be_valid(clock, sent, LIFE, sent)
    assert surely_left(clock, sent, LIFE, sent) == 0.0
    clock.advance(LIFE)
    assert has_surely_passed(clock, sent, LIFE, sent)


def test_c2_once_the_wall_clock_is_right_again_it_counts() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.reboot(3600)
    clock.jump(-YEARS)
    assert may_still_be_valid(clock, sent, LIFE, sent)
    clock.jump(YEARS)
    assert has_surely_passed(clock, sent, LIFE, sent)


def test_c3_a_reboot_within_the_life_of_a_token_leaves_what_is_left_by_the_wall_clock() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.reboot(120)
    assert may_still_be_valid(clock, sent, LIFE, sent)
    assert surely_left(clock, sent, LIFE, sent) == pytest.approx(LIFE - 120, abs=ROUNDED)


def test_c3_what_was_journaled_last_tells_that_the_clock_went_back_though_the_moment_alone_would_not() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.advance(1200)
    latest = stamp(clock)
    clock.reboot(0)
    clock.jump(-1000)
    assert surely_left(clock, sent, LIFE) > 0
    assert surely_left(clock, sent, LIFE, latest) == 0.0


def test_an_hour_that_is_shorter_than_the_uptime_is_no_hour() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.reboot(60)
    clock.advance(7200)
    clock.jump(-7000)
    assert seconds_since(clock, sent) == pytest.approx(7210)


def test_c4_suspend_counts() -> None:
    clock = VirtualClock()
    sent = stamp(clock)
    clock.advance(3600)  # CLOCK_BOOTTIME goes on while the machine sleeps, and so does the double
    assert has_surely_passed(clock, sent, LIFE)
