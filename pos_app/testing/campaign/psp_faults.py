"""P1 to P30: what network, PSP and Node do to a call."""

import re
from collections.abc import Callable, Mapping
from random import Random

from pos_app.psp import wire
from pos_app.psp.transport import Answer, NotSent
from pos_app.sandbox.faultcodes import Fault as NodeFault
from pos_app.sandbox.notices import Notice
from pos_app.sandbox.soap import NODE, soap_fault
from pos_app.testing.campaign.fault import Arm, Fault
from pos_app.testing.campaign.plan import NOTICES
from pos_app.testing.campaign.transport import Armed, Exchange, Spoil, unanswered
from pos_app.testing.campaign.world import World

_KINDS = ("verify", "activate", "outcome", "outcome")
_UNREADABLE_STATUS = (202, 204, 301, 307, 308, 404, 502, 503)


# --- what becomes of one exchange ----------------------------------------------------------------


def refused(_exchange: Exchange) -> Answer:
    """Nothing left this machine."""
    raise NotSent("The PSP cannot be reached: nothing was sent.")


def lost_before(exchange: Exchange) -> Answer:
    """Nothing was done, and nobody says so."""
    exchange.hang()
    raise unanswered("The PSP did not answer in time.")


def lost_after(exchange: Exchange) -> Answer:
    """All was done, and the answer is lost."""
    assert exchange.honest
    exchange.hang()
    raise unanswered("The PSP did not answer in time.")


def cut(exchange: Exchange) -> Answer:
    """The connection is reset at once; half the time everything was done."""
    if exchange.count % 2:
        assert exchange.honest
    raise unanswered()


def status_without_answer(status: int, *, done: bool) -> Spoil:
    """Another status than 200 or 500: what psp.transport makes of it."""

    def spoil(exchange: Exchange) -> Answer:
        if done:
            assert exchange.honest
        raise unanswered(f"HTTP {status} came instead of an answer.")

    return spoil


def too_long(exchange: Exchange) -> Answer:
    """More than the transport takes."""
    assert exchange.honest
    raise unanswered("The answer is longer than 1048576 bytes.")


def system_fault(exchange: Exchange) -> Answer:
    """A soap:Fault, HTTP 500."""
    if exchange.count % 2:
        assert exchange.honest
    return Answer(soap_fault("Errore interno", code="soapenv:Server"), 500)


def altered(change: Callable[[bytes], bytes]) -> Spoil:
    """The honest answer with its bytes changed."""
    return lambda exchange: Answer(change(exchange.honest))


def ko(code: str, description: str = "errore armato") -> Spoil:
    """A KO instead, and nothing was done."""

    def spoil(exchange: Exchange) -> Answer:
        operation = NODE.operations[exchange.soap_action]
        return Answer(wire.envelope(NODE.refusal(operation, NodeFault(code, description))))

    return spoil


def armed(
    fault: str, spoil: Spoil, *, kinds: tuple[str, ...] = _KINDS, times: tuple[int, ...] = (1, 1, 2, 3), skip: int = 1
) -> Arm:
    """Strike calls of one of these kinds."""

    def arm(world: World, random: Random) -> None:
        strike = Armed(
            random.choice(kinds), spoil, random.choice(times), random.randint(0, skip), lambda: world.strikes(fault)
        )
        world.once_made(lambda: world.network.armed.append(strike))

    return arm


# --- bytes ---------------------------------------------------------------------------------------


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _portal(_data: bytes) -> bytes:
    return b"<html><body><h1>Benvenuto nella rete dell'albergo</h1></body></html>"


def _with_doctype(data: bytes) -> bytes:
    return data.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1)


def _two_bodies(data: bytes) -> bytes:
    body = data[data.index(b"<soapenv:Body>") : data.index(b"</soapenv:Body>") + len(b"</soapenv:Body>")]
    return data.replace(b"</soapenv:Envelope>", body + b"</soapenv:Envelope>")


def _unknown_outcome(data: bytes) -> bytes:
    return re.sub(rb"<outcome>..</outcome>", b"<outcome>BOH</outcome>", data)


def _without_token(data: bytes) -> bytes:
    return re.sub(rb"<paymentToken>[^<]*</paymentToken>", b"", data)


def _other_token(data: bytes) -> bytes:
    return re.sub(rb"<paymentToken>[^<]*</paymentToken>", b"<paymentToken>" + b"f" * 32 + b"</paymentToken>", data)


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
    armed("P16", altered(_other_token), kinds=("activate",), times=(1,), skip=0)(world, random)


def _other_total(world: World, random: Random) -> None:
    for notice in NOTICES:
        world.far_side.put(
            notice, Notice(notice.amount, actualised_amount=notice.amount + random.choice((50, -50, 999)))
        )
    world.once_made(lambda: world.strikes("P17"))


def _rival_first(world: World, random: Random) -> None:
    """Another till holds the notice when we come, and lets it go, or pays, before the next citizen."""
    for notice in NOTICES:
        token = world.far_side.rival_activates(notice)
        verdict = random.choice(("OK", "KO"))
        if token is not None:
            world.between.append(lambda token=token, verdict=verdict: _report(world, token, verdict))  # type: ignore[misc]
    world.once_made(lambda: world.strikes("P18"))


def _report(world: World, token: str, verdict: str) -> None:
    world.far_side.rival_reports(token, verdict)


def _rival_during_replay(world: World, random: Random) -> None:
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


def _forgotten_answer(world: World, random: Random) -> None:
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


def _refused_after_all(world: World, random: Random) -> None:
    """ERRORE_IDEMPOTENZA: half the time the outcome was taken all the same."""

    def spoil(exchange: Exchange) -> Answer:
        if exchange.count % 2:
            assert exchange.honest
        return ko("PPT_ERRORE_IDEMPOTENZA")(exchange)

    armed("P20", spoil, kinds=("outcome",), times=(1, 2), skip=0)(world, random)


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
        armed("P14", altered(_unknown_outcome))(world, random)


FAULTS: Mapping[str, Fault] = {
    "P1": Fault("refused or not resolved", armed("P1", refused, times=(1, 2, 4))),
    "P2": Fault("connected, no handshake", armed("P2", lost_before)),
    "P3": Fault("reset before the answer", armed("P3", cut)),
    "P4": Fault("timeout after activation was processed", _drop("activate", "P4")),
    "P5": Fault("timeout after the outcome was processed", _drop("outcome", "P5")),
    "P6": Fault("the answer is lost fifty times", _lost_for_long),
    "P7": Fault("HTTP 202, 204, 301, 307, 308, 404, 502, 503", _other_status),
    "P8": Fault("a captive portal's page", armed("P8", altered(_portal))),
    "P9": Fault("truncated XML", armed("P9", altered(_truncated))),
    "P10": Fault("a dripping answer", armed("P10", lost_after)),
    "P11": Fault("an endless answer", armed("P11", too_long)),
    "P12": Fault("a DTD with an entity", armed("P12", altered(_with_doctype))),
    "P13": Fault("two Bodies", armed("P13", altered(_two_bodies))),
    "P14": Fault("an unknown outcome or fault code", _unknown_value),
    "P15": Fault(
        "an activation OK without a token", armed("P15", altered(_without_token), kinds=("activate",), skip=0)
    ),
    "P16": Fault("another token on the replay", _other_token_on_replay),
    "P17": Fault("another total than the one asked for", _other_total),
    "P18": Fault("in progress elsewhere at the first activation", _rival_first),
    "P19": Fault("in progress elsewhere at the replay", _rival_during_replay),
    "P20": Fault("ERRORE_IDEMPOTENZA on the outcome", _refused_after_all),
    "P21": Fault("TOKEN_SCADUTO on the outcome", expired("P21", rival=False)),
    "P22": Fault("PAGAMENTO_DUPLICATO on the outcome", expired("P22", rival=True)),
    "P23": Fault("GIA_ACQUISITO, concorde or discorde", _forgotten_answer),
    "P24": Fault("a SOAP fault, HTTP 500", armed("P24", system_fault)),
    "P25": Fault("the late answer of an older request", _stale_answer),
    "P28": Fault("a stale connection, closed as we send", armed("P28", lost_before, times=(1,))),
    "P30": Fault("the PSP away for longer than a token lives, the card charged", _down_with_a_charge),
}
