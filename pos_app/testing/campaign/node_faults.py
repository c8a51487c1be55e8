"""What the Node, the creditor and a rival's till do to a payment: other totals, locks, expiry, forgotten answers."""

import re
from random import Random

from pos_app.psp.transport import Answer
from pos_app.sandbox.notices import Notice
from pos_app.testing.campaign.fault import Arm, armed
from pos_app.testing.campaign.plan import NOTICES
from pos_app.testing.campaign.spoils import ko
from pos_app.testing.campaign.transport import Exchange, unanswered
from pos_app.testing.campaign.world import World


def other_total(world: World, random: Random) -> None:
    """What is due turns out to be another amount at the activation."""
    for notice in NOTICES:
        world.far_side.put(
            notice, Notice(notice.amount, actualised_amount=notice.amount + random.choice((50, -50, 999)))
        )
    world.once_made(lambda: world.strikes("P17"))


def rival_first(world: World, random: Random) -> None:
    """Another till holds the notice when we come, and lets it go, or pays, before the next citizen."""
    for notice in NOTICES:
        token = world.far_side.rival_activates(notice)
        verdict = random.choice(("OK", "KO"))
        if token is not None:
            world.between.append(lambda token=token, verdict=verdict: _report(world, token, verdict))  # type: ignore[misc]
    world.once_made(lambda: world.strikes("P18"))


def _report(world: World, token: str, verdict: str) -> None:
    world.far_side.rival_reports(token, verdict)


def rival_during_replay(world: World, random: Random) -> None:
    """Our first call is lost on its way, another till activates, our repeat finds it in progress."""

    def spoil(_exchange: Exchange) -> Answer:
        for notice in NOTICES:
            world.far_side.rival_activates(notice)
        raise unanswered()

    armed("P19", spoil, kinds=("activate",), times=(1,), skip=0)(world, random)


def expired(fault: str, *, rival: bool) -> Arm:
    """The outcome arrives when the session is long over; perhaps somebody else paid meanwhile."""

    def arm(world: World, random: Random) -> None:
        def spoil(exchange: Exchange) -> Answer:
            world.clock.advance(2000.0)
            world.far_side.cancel_expired()
            for notice in NOTICES if rival else ():
                world.far_side.rival_pays(notice)
            return Answer(exchange.honest)

        armed(fault, spoil, kinds=("outcome",), times=(1,), skip=0)(world, random)

    return arm


def forgotten_answer(world: World, random: Random) -> None:
    """The outcome was taken, its answer lost, and the Node no longer keeps it under its key: "Esito concorde"."""

    def spoil(exchange: Exchange) -> Answer:
        assert exchange.honest
        world.far_side.forget_answers()
        raise unanswered()

    def discordant(exchange: Exchange) -> Answer:
        token = re.search(rb"<paymentToken>([^<]*)<", exchange.data)
        if token is not None and b"<outcome>OK<" in exchange.data:
            world.far_side.back_office_reports(token[1].decode(), "KO")
        return Answer(exchange.honest)

    how = random.choice((spoil, spoil, discordant))
    armed("P23", how, kinds=("outcome",), times=(1,), skip=0)(world, random)


def refused_after_all(world: World, random: Random) -> None:
    """ERRORE_IDEMPOTENZA: half the time the outcome was taken all the same."""

    def spoil(exchange: Exchange) -> Answer:
        if exchange.count % 2:
            assert exchange.honest
        return ko("PPT_ERRORE_IDEMPOTENZA")(exchange)

    armed("P20", spoil, kinds=("outcome",), times=(1, 2), skip=0)(world, random)
