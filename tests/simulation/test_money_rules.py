"""The whole terminal in virtual time under seeded faults and kills: money rules 1 to 7, a thousand seeds a run."""

import pytest

from pos_app.domain.notice import read_qr
from pos_app.testing.rules import broken_rules
from pos_app.testing.world import World

SEEDS = range(1000)
BLOCK = 100

# Every seed pays these, one after the other; the first comes back, as a notice does whose payment failed.
NOTICES = [
    read_qr("PAGOPA|002|301000000000012373|77777777777|12550"),
    read_qr("PAGOPA|002|301000000000012474|77777777777|990"),
    read_qr("PAGOPA|002|301000000000012373|77777777777|12550"),
]


def misfortunes(seed: int) -> World:
    """A world whose misery depends on its seed: from none at all to a process that hardly lives."""
    return World(seed, kill_rate=(0.0, 0.01, 0.05)[seed % 3], fault_rate=(0.0, 0.05, 0.2, 0.5)[seed % 4])


@pytest.mark.parametrize("first", range(0, len(SEEDS), BLOCK))
def test_the_money_rules_hold_whatever_breaks(first: int) -> None:
    for seed in SEEDS[first : first + BLOCK]:
        world = misfortunes(seed)
        for notice in NOTICES:
            if world.pay(notice) is None:
                world.restart()
        world.heal()
        assert broken_rules(world) == [], f"seed {seed}"
