"""P1 to P30: what network, PSP and Node do to a call."""

import re
from collections.abc import Mapping
from random import Random

from pos_app.psp.transport import Answer
from pos_app.testing.campaign.fault import Arm, Fault, armed
from pos_app.testing.campaign.node_faults import (
    expired,
    forgotten_answer,
    other_total,
    refused_after_all,
    rival_during_replay,
    rival_first,
)
from pos_app.testing.campaign.spoils import (
    altered,
    cut,
    ko,
    lost_after,
    lost_before,
    other_token,
    portal,
    refused,
    status_without_answer,
    system_fault,
    too_long,
    truncated,
    two_bodies,
    unknown_outcome,
    with_doctype,
    without_token,
)
from pos_app.testing.campaign.transport import Armed, Exchange
from pos_app.testing.campaign.world import World

_UNREADABLE_STATUS = (202, 204, 301, 307, 308, 404, 502, 503)


# --- what happens beside the call ----------------------------------------------------------------


def _other_status(world: World, random: Random) -> None:
    spoil = status_without_answer(random.choice(_UNREADABLE_STATUS), done=random.random() < 0.5)
    armed("P7", spoil)(world, random)


def _lost_for_long(world: World, _random: Random) -> None:
    strike = Armed("outcome", lost_after, 50, 0, lambda: world.strikes("P6"))
    world.once_made(lambda: world.network.armed.append(strike))


def _drop(kind: str, fault: str) -> Arm:
    return armed(fault, lost_after, kinds=(kind,), skip=0)


def _stale_answer(world: World, random: Random) -> None:
    """The late answer of an older request of that kind, about another notice."""

    def spoil(exchange: Exchange) -> Answer:
        older = world.network.latest.get(exchange.kind)
        honest = exchange.honest
        return Answer(honest if older is None or _same_notice(older, honest) else older)

    armed("P25", spoil, kinds=("activate", "verify"))(world, random)


def _same_notice(one: bytes, other: bytes) -> bool:
    about = [re.findall(rb"<creditorReferenceId>([^<]*)<", data) for data in (one, other)]
    return about[0] == about[1]


def _other_token_on_replay(world: World, random: Random) -> None:
    armed("P16", lost_after, kinds=("activate",), times=(1,), skip=0)(world, random)
    armed("P16", altered(other_token), kinds=("activate",), times=(1,), skip=0)(world, random)


def _down_with_a_charge(world: World, random: Random) -> None:
    """The PSP is away for longer than a token lives, from the moment the card is asked for."""

    def outage() -> None:
        world.network.down_until = world.clock.now + random.choice((60.0, 600.0, 2400.0))
        world.strikes("P30")

    world.life.at("money", 1, outage)


def _any_ko(world: World, random: Random) -> None:
    code = random.choice(("PPT_AUTORIZZAZIONE", "PPT_SINTASSI_XSD", "PPT_TOKEN_SCONOSCIUTO", "PPT_NUOVO_CODICE"))
    armed("P14", ko(code), kinds=("outcome",), times=(1, 2), skip=0)(world, random)


def _unknown_value(world: World, random: Random) -> None:
    if random.random() < 0.4:
        _any_ko(world, random)
    else:
        armed("P14", altered(unknown_outcome))(world, random)


FAULTS: Mapping[str, Fault] = {
    "P1": Fault("refused or not resolved", armed("P1", refused, times=(1, 2, 4))),
    "P2": Fault("connected, no handshake", armed("P2", lost_before)),
    "P3": Fault("reset before the answer", armed("P3", cut)),
    "P4": Fault("timeout after activation was processed", _drop("activate", "P4")),
    "P5": Fault("timeout after the outcome was processed", _drop("outcome", "P5")),
    "P6": Fault("the answer is lost fifty times", _lost_for_long),
    "P7": Fault("HTTP 202, 204, 301, 307, 308, 404, 502, 503", _other_status),
    "P8": Fault("a captive portal's page", armed("P8", altered(portal))),
    "P9": Fault("truncated XML", armed("P9", altered(truncated))),
    "P10": Fault("a dripping answer", armed("P10", lost_after)),
    "P11": Fault("an endless answer", armed("P11", too_long)),
    "P12": Fault("a DTD with an entity", armed("P12", altered(with_doctype))),
    "P13": Fault("two Bodies", armed("P13", altered(two_bodies))),
    "P14": Fault("an unknown outcome or fault code", _unknown_value),
    "P15": Fault("an activation OK without a token", armed("P15", altered(without_token), kinds=("activate",), skip=0)),
    "P16": Fault("another token on the replay", _other_token_on_replay),
    "P17": Fault("another total than the one asked for", other_total),
    "P18": Fault("in progress elsewhere at the first activation", rival_first),
    "P19": Fault("in progress elsewhere at the replay", rival_during_replay),
    "P20": Fault("ERRORE_IDEMPOTENZA on the outcome", refused_after_all),
    "P21": Fault("TOKEN_SCADUTO on the outcome", expired("P21", rival=False)),
    "P22": Fault("PAGAMENTO_DUPLICATO on the outcome", expired("P22", rival=True)),
    "P23": Fault("GIA_ACQUISITO, concorde or discorde", forgotten_answer),
    "P24": Fault("a SOAP fault, HTTP 500", armed("P24", system_fault)),
    "P25": Fault("the late answer of an older request", _stale_answer),
    "P28": Fault("a stale connection, closed as we send", armed("P28", lost_before, times=(1,))),
    "P30": Fault("the PSP away for longer than a token lives, the card charged", _down_with_a_charge),
}
