"""Seeded fault runs of the driver against its double; POS_CAMPAIGN=full makes them ten thousand."""

import os
from collections import Counter

import pytest

from drivers.card_reader.ecr17.session import MAX_SENDS, Phase, Session
from drivers.card_reader.ecr17.simulator.campaign import Run, run
from drivers.contracts import ChargeVerdict

BLOCK = {"": 100, "full": 500}[os.environ.get("POS_CAMPAIGN", "")]
BLOCKS = {100: 2, 500: 20}[BLOCK]


@pytest.mark.slow(reason="hundreds of payments that go wrong, each with its recovery")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_verdict_contradicts_the_money_taken(block: int) -> None:
    runs = [run(seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)]
    assert [(done.seed, done.broken) for done in runs if done.broken] == []
    assert _kinds(runs) >= {ChargeVerdict.APPROVED, ChargeVerdict.UNCERTAIN, ChargeVerdict.DECLINED}


def _kinds(runs: list[Run]) -> set[ChargeVerdict]:
    return set(Counter(verdict for done in runs for verdict in done.verdicts))


def test_a_seed_is_one_schedule_and_no_other() -> None:
    assert run(7) == run(7)
    assert len({tuple(run(seed).verdicts) for seed in range(12)}) > 1


class SendsAgainOnATimer(Session):
    """What the libraries around do, and what charges twice (ecr17.md 3.7)."""

    def _may_send_again(self) -> bool:
        return self._phase in (Phase.ACKNOWLEDGEMENT, Phase.PAUSE) and self._sends < MAX_SENDS


@pytest.mark.slow(reason="as many payments as it takes until a wrong driver is found out")
def test_a_driver_that_repeats_a_payment_on_a_timer_is_caught() -> None:
    caught = next((done for seed in range(200) if (done := run(seed, session=SendsAgainOnATimer)).broken), None)
    assert caught is not None, "no seed noticed it"
    assert "money commands were accepted for one charge" in caught.broken[0]
