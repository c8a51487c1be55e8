"""Terminals with one rule switched off each, made by what they are given: a campaign that misses one proves nothing.

The first ten are those of reliability.md 6, the others those of the campaign's own list. Each names the schedules in
which it can show itself; the sound terminal lives through the same ones without a breach.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pos_app.desk import Limits
from pos_app.domain.states import State
from pos_app.terminal import ACTIONS, Action
from pos_app.testing.campaign.making import Making
from pos_app.testing.campaign.mutant_actions import (
    ForgetfulTerminal,
    charge_without_the_fee,
    close_what_is_abandoned,
    confirm_at_any_reader,
    print_before_the_answer,
    repeat_an_answered_refusal,
    report_under_a_new_key_each_time,
    reverse_what_is_unknown,
    take_silence_for_a_decline,
)
from pos_app.testing.campaign.mutant_disks import HeadlessDisk, LyingDisk
from pos_app.testing.campaign.mutant_lines import (
    FollowingTransport,
    GreedyLink,
    RefundingTransport,
    ResendingLink,
    flushing,
)
from pos_app.testing.campaign.mutant_readers import HastyReader, PlainReader, TrustingReader
from pos_app.testing.campaign.plan import Plan

_SEEDS = 200


@dataclass(frozen=True)
class Mutant:
    """What is wrong with it, how it is made, and in which schedules that can show."""

    sentence: str
    making: Making
    plan: Plan = field(default_factory=lambda: Plan(0))

    def plans(self) -> list[Plan]:
        """The schedules, told apart by their seeds."""
        return [replace(self.plan, seed=seed) for seed in range(_SEEDS)]


def _with(state: State, action: Action) -> Making:
    return Making(actions={**ACTIONS, state: action})


_LOST = Plan(0, faults=("S4",))
_TWICE = Plan(0, faults=("S14",))

MUTANTS: Mapping[str, Mutant] = {
    "lying_disk": Mutant(
        "synchronous=NORMAL: records are not durable when they are said to be",
        Making(disk=LyingDisk),
        Plan(0, faults=("K4",)),
    ),
    "resent_charge": Mutant(
        "the charge is sent again when no ACK came", Making(link=ResendingLink), Plan(0, faults=("S1",))
    ),
    "no_baseline": Mutant("the last result counts, whatever the baseline", Making(reader=TrustingReader), _TWICE),
    "hasty_ack": Mutant("the reader is acknowledged before the record", Making(reader=HastyReader)),
    "silence_is_ko": Mutant(
        "an unknown charge is reported KO", _with(State.CHARGE_UNCERTAIN, take_silence_for_a_decline), _LOST
    ),
    "new_key": Mutant(
        "every try has a key of its own",
        _with(State.REPORTING_OK, report_under_a_new_key_each_time),
        Plan(0, faults=("P5",)),
    ),
    "greedy_read": Mutant(
        "read(n) instead of what is there", Making(link=GreedyLink), Plan(0, faults=("S10",), baseline="none")
    ),
    "redirect": Mutant("redirects are followed", Making(network=FollowingTransport), Plan(0, faults=("P7",))),
    "no_head": Mutant("no head beside the chain", Making(disk=HeadlessDisk), Plan(0, faults=("K5",), real_disk=True)),
    "early_receipt": Mutant(
        "'eseguito' is printed before the answer", _with(State.REPORTING_OK, print_before_the_answer)
    ),
    "refund_when_acquired": Mutant(
        "GIA_ACQUISITO is taken for a refund", Making(network=RefundingTransport), Plan(0, faults=("P23",))
    ),
    "flushed": Mutant(
        "what waits on the line is flushed", Making(link=flushing), Plan(0, faults=("S9",), baseline="none")
    ),
    "abandoned_is_closed": Mutant(
        "an abandoned activation is closed",
        _with(State.ACTIVATING, close_what_is_abandoned),
        Plan(0, faults=("P4",), fickle=60),
    ),
    "same_key": Mutant(
        "the same key after an answered KO",
        _with(State.REPORTING_OK, repeat_an_answered_refusal),
        Plan(0, faults=("P20",)),
    ),
    "no_budget": Mutant(
        "the token budget is off",
        Making(limits=Limits(first_outcome_tries=-300.0)),
        Plan(0, faults=("O8",), token_seconds=600),
    ),
    "no_fee": Mutant(
        "the card is asked for another amount than was journaled", _with(State.CHARGING, charge_without_the_fee)
    ),
    "sold_again": Mutant(
        "a notice that a payment here holds is sold again",
        Making(terminal=ForgetfulTerminal),
        Plan(0, faults=("O5",)),
    ),
    "crossed": Mutant(
        "a reader that doesn't belong to the PSP is asked for money",
        _with(State.CONFIRMING, confirm_at_any_reader),
        Plan(0, faults=("O9",)),
    ),
    "unknown_reversed": Mutant(
        "an unknown charge is reversed",
        Making(actions={**ACTIONS, State.CHARGE_UNCERTAIN: reverse_what_is_unknown}, reader=PlainReader),
        _TWICE,
    ),
}
