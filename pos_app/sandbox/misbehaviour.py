"""Carrying out an armed fault on one exchange (sandbox.md, `POST /control/faults`). No fault holds a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lxml import etree

from pos_app.psp import wire
from pos_app.psp.wire import Operation
from pos_app.sandbox.calls import Call, Calls
from pos_app.sandbox.faultcodes import FAULT_STRINGS, Fault, OriginalFault
from pos_app.sandbox.faults import FaultOrder
from pos_app.sandbox.http_client import HttpAnswer
from pos_app.sandbox.outlet import Outlet
from pos_app.sandbox.soap import Contract, soap_fault

XML_HEADERS = (("Content-Type", "text/xml; charset=utf-8"),)
_DRIP_PAUSE = 0.05  # seconds between two bytes where the order names no delay
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1><p>nginx"
_LEAST_TO_SPOIL = HttpAnswer(200, XML_HEADERS, b"")


@dataclass(frozen=True)
class Scene:
    """What a fault plays on: the request's actor and operation, the calls so far, and the way out."""

    at: str
    contract: Contract
    operation: Operation
    request: str
    path: str
    calls: Calls
    outlet: Outlet


async def perform(order: FaultOrder, scene: Scene, effect: Callable[[], Awaitable[HttpAnswer]]) -> None:
    """Do what `order` says; the effect happens unless the fault strikes before it."""
    if order.kind == "delay":
        await _delay(order, scene, effect)
        return
    honest = await effect() if order.side == "after" else _LEAST_TO_SPOIL
    if order.delay and order.kind != "drip":
        await asyncio.sleep(order.delay)
    await _KINDS[order.kind](order, scene, honest)


async def _delay(order: FaultOrder, scene: Scene, effect: Callable[[], Awaitable[HttpAnswer]]) -> None:
    if order.side == "before":
        await asyncio.sleep(order.delay)
        await scene.outlet.answer(await effect())
        return
    honest = await effect()
    await asyncio.sleep(order.delay)
    await scene.outlet.answer(honest)


async def _timeout(_order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    await scene.outlet.until_gone()


async def _cut(_order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    await scene.outlet.cut()


async def _http_status(order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    status, headers = _STATUSES[order.kind]
    await scene.outlet.answer(HttpAnswer(status, (("Content-Type", "text/plain"), *headers), b"armed fault\n"))


async def _soap_fault(order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    sentence = order.fault_code or "Errore interno"
    await scene.outlet.answer(HttpAnswer(500, XML_HEADERS, soap_fault(sentence, code="soapenv:Server")))


async def _truncated(_order: FaultOrder, scene: Scene, honest: HttpAnswer) -> None:
    await scene.outlet.break_off(honest)


async def _garbage(_order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    await scene.outlet.answer(HttpAnswer(200, XML_HEADERS, _GARBAGE))


async def _extra_element(_order: FaultOrder, scene: Scene, honest: HttpAnswer) -> None:
    try:
        element = wire.open_envelope(honest.body)
    except wire.WireError:  # what was relayed is no envelope: nothing to append to
        await scene.outlet.answer(honest)
        return
    etree.SubElement(element, "elementoNuovo").text = "di una versione successiva"
    await scene.outlet.answer(HttpAnswer(honest.status, XML_HEADERS, wire.envelope(element)))


async def _drip(order: FaultOrder, scene: Scene, honest: HttpAnswer) -> None:
    await scene.outlet.answer_slowly(honest, pause=order.delay or _DRIP_PAUSE)


async def _redirect(_order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    await scene.outlet.answer(HttpAnswer(307, (("Location", scene.path),), b""))


async def _stale_answer(_order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    stale = _older(scene)
    body = stale.response.encode() if stale and stale.response else soap_fault("Nessuna risposta precedente")
    await scene.outlet.answer(HttpAnswer(200, XML_HEADERS, body))


async def _ko(order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    original = order.original_fault_code
    relayed = OriginalFault(original, FAULT_STRINGS.get(original, "Errore"), "errore armato") if original else None
    fault = Fault(order.fault_code or "", "errore armato", scene.contract.speaker, relayed)
    body = wire.envelope(scene.contract.refusal(scene.operation, fault))
    await scene.outlet.answer(HttpAnswer(200, XML_HEADERS, body))


async def _raw(order: FaultOrder, scene: Scene, _honest: HttpAnswer) -> None:
    headers = tuple((order.headers or {}).items())
    await scene.outlet.answer(HttpAnswer(order.status or 200, headers, (order.body or "").encode()))


def _older(scene: Scene) -> Call | None:
    """The last answer of this actor to another request: of the same operation if there is one, else of any."""
    calls = [call for call in scene.calls.select(at=scene.at) if call.response and call.request != scene.request]
    same = [call for call in calls if call.operation == scene.operation.name]
    found = same or calls
    return found[-1] if found else None


_STATUSES = {
    "http_401": (401, (("WWW-Authenticate", 'Basic realm="PSP"'),)),
    "http_429": (429, (("Retry-After", "1"),)),
    "http_500": (500, ()),
}
_KINDS: dict[str, Callable[[FaultOrder, Scene, HttpAnswer], Awaitable[None]]] = {
    "timeout": _timeout,
    "lost_request": _cut,
    "lost_response": _cut,
    "http_401": _http_status,
    "http_429": _http_status,
    "http_500": _http_status,
    "soap_fault": _soap_fault,
    "truncated": _truncated,
    "garbage": _garbage,
    "extra_element": _extra_element,
    "drip": _drip,
    "redirect": _redirect,
    "stale_answer": _stale_answer,
    "ko": _ko,
    "raw": _raw,
}
