"""The actors over HTTP: SOAP 1.1 over POST at one path each, `GET path?wsdl` for the contract (sandbox.md).

The same way for all: authenticate (the PSP backend only), read and check the request, meet an armed fault or not, let
the rules answer, check our own answer against the schema, keep the call. Nothing here waits in a thread.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from lxml import etree
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from pos_app.psp import wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import misbehaviour, wsdl_pages
from pos_app.sandbox.calls import Call
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.faults import FaultOrder, Met
from pos_app.sandbox.http_client import HttpAnswer
from pos_app.sandbox.legacy_creditor import notice_number
from pos_app.sandbox.legacy_soap import Head, head_of
from pos_app.sandbox.misbehaviour import XML_HEADERS, Scene
from pos_app.sandbox.network import TERMINAL_HEADER
from pos_app.sandbox.outlet import Outlet, read_body
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.soap import LARGEST_REQUEST, Contract, Misread, Unspeakable, soap_fault
from pos_app.sandbox.xmltree import text

_LOG = logging.getLogger(__name__)
_TEXT_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)


@dataclass(frozen=True)
class Heard:
    """A request that was understood."""

    operation: Operation
    element: etree._Element
    terminal: str | None


@dataclass(frozen=True)
class _NotHeard:
    """A request that can't be taken, with the answer to it."""

    operation: Operation | None
    answer: HttpAnswer


Effect = Callable[[Heard], Awaitable[HttpAnswer]]
Authenticate = Callable[[Scope], str | None]


def honest(element: etree._Element) -> HttpAnswer:
    """A SOAP answer, HTTP 200 whatever its outcome (pagopa.md 2.1)."""
    return HttpAnswer(200, XML_HEADERS, wire.envelope(element))


@dataclass
class Actor:
    """One actor at its path. `authenticate` tells the terminal, None refuses it; without it all may come in.

    `outdated` is a contract that it knows and no longer serves.
    """

    sandbox: Sandbox
    at: str
    path: str
    contract: Contract
    effect: Effect
    authenticate: Authenticate | None = None
    validates: bool = True
    outdated: Contract | None = None
    _methods: dict[str, Callable[["Actor", Scope, Receive, Outlet], Awaitable[None]]] = field(init=False)

    def __post_init__(self) -> None:
        """Tell apart what the two methods mean."""
        self._methods = {"GET": Actor._show_contract, "HEAD": Actor._show_contract, "POST": Actor._take_call}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        outlet = Outlet(scope, receive, send)
        method = self._methods.get(scope["method"])
        if method is None:
            await outlet.answer(
                HttpAnswer(405, (*_TEXT_HEADERS, ("Allow", "GET, POST")), b"POST a SOAP 1.1 request.\n")
            )
        else:
            await method(self, scope, receive, outlet)

    async def _show_contract(self, scope: Scope, _receive: Receive, outlet: Outlet) -> None:
        query = scope["query_string"].decode("latin-1")
        url = f"{scope['scheme']}://{Headers(scope=scope).get('host', 'localhost')}{self.path}"
        page = wsdl_pages.page(self.path, url, query)
        if page is None:
            await outlet.answer(HttpAnswer(404, _TEXT_HEADERS, f"Ask {url}?wsdl, or POST a request.\n".encode()))
        else:
            await outlet.answer(HttpAnswer(200, XML_HEADERS, page.encode()))

    async def _take_call(self, scope: Scope, receive: Receive, outlet: Outlet) -> None:
        headers = Headers(scope=scope)
        terminal = headers.get(TERMINAL_HEADER.lower())
        if self.authenticate is not None:
            terminal = self.authenticate(scope)
            if terminal is None:
                refusal = (*_TEXT_HEADERS, ("WWW-Authenticate", 'Basic realm="PSP"'))
                await outlet.answer(HttpAnswer(401, refusal, b"Unknown terminal or wrong secret.\n"))
                return
        begun = self.sandbox.calls.begin(self.at, self.sandbox.clock.now())
        body = await read_body(receive, dict(headers), most=LARGEST_REQUEST)
        begun = replace(begun, request=(body or b"").decode("utf-8", "replace"))
        await self._answer(begun, self._heard(body, headers.get("soapaction"), terminal), outlet)

    async def _answer(self, begun: Call, heard: Heard | _NotHeard, outlet: Outlet) -> None:
        """Answer the call, by the rules or by the fault that it meets, and keep what became of it."""
        if isinstance(heard, _NotHeard):
            await outlet.answer(heard.answer)
            self.sandbox.calls.update(_answered(begun, heard.operation, outlet))
            return
        order = self.sandbox.faults.strike(self._met(heard))
        begun = replace(begun, operation=heard.operation.name, fault=order.kind if order else None)
        self.sandbox.calls.update(begun)
        try:
            if order is None:
                await outlet.answer(await self._effect(heard))
            else:
                await self._misbehave(order, heard, begun.request, outlet)
        finally:
            self.sandbox.calls.update(_answered(begun, heard.operation, outlet))
            _LOG.info(
                "sandbox.call at=%s operation=%s status=%s fault=%s",
                self.at,
                begun.operation,
                outlet.status,
                begun.fault,
            )

    def _heard(self, body: bytes | None, soap_action: str | None, terminal: str | None) -> Heard | _NotHeard:
        """The request, or the answer to what is none. A body that was too long (None) is never parsed."""
        read = self.contract.read if self.validates else self.contract.open
        try:
            operation, element = read(body or b"", soap_action)
        except Misread as misread:
            fault = Fault(misread.code, misread.description, self.contract.speaker)
            return _NotHeard(misread.operation, honest(self.contract.refusal(misread.operation, fault)))
        except Unspeakable as unspeakable:
            return self._outdated(body, soap_action) or _NotHeard(
                None, HttpAnswer(400, XML_HEADERS, soap_fault(str(unspeakable)))
            )
        return Heard(operation, element, terminal)

    def _outdated(self, body: bytes | None, soap_action: str | None) -> _NotHeard | None:
        """The answer to a PSP of the old model, whatever it asks: every EC here may have several payees."""
        if self.outdated is None:
            return None
        try:
            operation, _ = self.outdated.open(body or b"", soap_action)
        except (Misread, Unspeakable):
            return None
        fault = Fault("PPT_MULTI_BENEFICIARIO", f"{operation.name} è del vecchio modello", self.outdated.speaker)
        return _NotHeard(operation, honest(self.outdated.refusal(operation, fault)))

    def _met(self, heard: Heard) -> Met:
        number = text(heard.element, "qrCode/noticeNumber") or text(heard.element, "receipt/noticeNumber")
        if self.contract.header_schema is not None:
            number = self._noticed(head_of(heard.element))
        token = text(heard.element, "paymentToken") or text(heard.element, "paymentTokens/paymentToken")
        session = self.sandbox.store.sessions.get(token) if token else None
        number = session.notice_number if session else number
        return Met(self.at, heard.operation.name, number, heard.terminal)

    def _noticed(self, head: Head) -> str | None:
        """The notice that a header of the old model is about."""
        station = next((each for each in self.sandbox.registry.stations if each.id == head.station), None)
        return notice_number(station, head.reference) if station else None

    async def _misbehave(self, order: FaultOrder, heard: Heard, request: str, outlet: Outlet) -> None:
        scene = Scene(self.at, self.contract, heard.operation, request, self.path, self.sandbox.calls, outlet)
        await misbehaviour.perform(order, scene, lambda: self._effect(heard))

    async def _effect(self, heard: Heard) -> HttpAnswer:
        try:
            return await self.effect(heard)
        except Exception:  # noqa: BLE001 - no input may make a test instrument answer 500: it is logged, and told as the Node tells it
            _LOG.exception("sandbox.actor_failed at=%s operation=%s", self.at, heard.operation.name)
            code = "PAA_SYSTEM_ERROR" if self.contract.codes == "PAA" else "PPT_SYSTEM_ERROR"
            fault = Fault(code, "Errore della sandbox: vedi il suo registro", self.contract.speaker)
            return honest(self.contract.refusal(heard.operation, fault))


def _answered(begun: Call, operation: Operation | None, outlet: Outlet) -> Call:
    response = None if outlet.body is None else outlet.body.decode("utf-8", "replace")
    name = operation.name if operation else None
    return replace(begun, operation=name, response=response, http_status=outlet.status)
