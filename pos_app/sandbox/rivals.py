"""Another PSP's till at the same notice: it activates, pays or releases through the Node like anybody (sandbox.md)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pos_app.domain.money import to_wire
from pos_app.sandbox.ec_calls import Steps
from pos_app.sandbox.notices import position_key
from pos_app.sandbox.registry_entries import Channel
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.xmltree import Element, Item, text

Drive = Callable[[Steps], Awaitable[Element]]


class NoRivalError(Exception):
    """The step can't be taken; the sentence says why."""


@dataclass(frozen=True)
class RivalStep:
    """What the other till does. `pay` activates first if it has not."""

    step: Literal["activate", "pay", "release"]


@dataclass(frozen=True)
class RivalAnswer:
    """What the Node answered to it."""

    outcome: str
    token: str | None
    fault_code: str | None


async def take(step: RivalStep, sandbox: Sandbox, drive: Drive, place: tuple[str, str]) -> RivalAnswer:
    """Take one step at the notice `place` (fiscal code, notice number). Raises NoRivalError."""
    channel = _rival_channel(sandbox)
    token = _held(sandbox, channel, position_key(*place))
    if step.step == "activate" or (step.step == "pay" and token is None):
        answer = await _activate(sandbox, drive, channel, place)
        if step.step == "activate" or answer.token is None:
            return answer
        token = answer.token
    if token is None:
        raise NoRivalError("the other till has not activated this notice")
    return await _report(sandbox, drive, channel, token, "OK" if step.step == "pay" else "KO")


def _held(sandbox: Sandbox, channel: Channel, position: str) -> str | None:
    """The token under which the other till holds the notice."""
    sessions = sandbox.store.sessions_of(position)
    return next((each.token for each in sessions if each.psp == channel.psp and each.is_open), None)


async def _activate(sandbox: Sandbox, drive: Drive, channel: Channel, place: tuple[str, str]) -> RivalAnswer:
    position = sandbox.store.positions.get(position_key(*place))
    due = position.notice.amount if position else 1
    items: list[Item] = [
        *_head(channel),
        ("qrCode", [("fiscalCode", place[0]), ("noticeNumber", place[1])]),
        ("amount", to_wire(due)),
    ]
    return await _ask(sandbox, drive, "activatePaymentNoticeV2", items)


async def _report(sandbox: Sandbox, drive: Drive, channel: Channel, token: str, verdict: str) -> RivalAnswer:
    today = sandbox.clock.now().date().isoformat()
    details: list[Item] = [
        ("paymentMethod", "cash"),
        ("paymentChannel", "frontOffice"),
        ("fee", "0.00"),
        ("applicationDate", today),
        ("transferDate", today),
    ]
    items: list[Item] = [
        *_head(channel),
        ("paymentTokens", [("paymentToken", token)]),
        ("outcome", verdict),
        ("details", details if verdict == "OK" else None),
    ]
    return await _ask(sandbox, drive, "sendPaymentOutcomeV2", items)


async def _ask(sandbox: Sandbox, drive: Drive, name: str, items: list[Item]) -> RivalAnswer:
    operation = NODE.operations[name]
    answer = await drive(sandbox.node.handle(operation, NODE.request(operation, items)))
    return RivalAnswer(text(answer, "outcome") or "", text(answer, "paymentToken"), text(answer, "fault/faultCode"))


def _head(channel: Channel) -> list[Item]:
    return [
        ("idPSP", channel.psp),
        ("idBrokerPSP", channel.broker),
        ("idChannel", channel.id),
        ("password", channel.password),
    ]


def _rival_channel(sandbox: Sandbox) -> Channel:
    """A working channel of another PSP than the first terminal's."""
    registry = sandbox.registry
    ours = registry.terminals[0].psp if registry.terminals else None
    for channel in registry.channels:
        psp, broker = registry.psp(channel.psp), registry.psp_broker(channel.broker)
        works = channel.enabled and channel.payment_type == "ATTIVATO_PRESSO_PSP" and psp and broker
        if works and psp and psp.enabled and broker and broker.enabled and psp.id != ours:
            return channel
    raise NoRivalError("the registry has no second PSP with a working channel")
