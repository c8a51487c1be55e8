"""The sandbox as an ASGI application: the actors at their paths, the control API beside them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from lxml import etree
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pos_app.sandbox import psp_backend
from pos_app.sandbox.actors import Actor, Authenticate, Heard, honest
from pos_app.sandbox.control import Control
from pos_app.sandbox.control_http import control_app
from pos_app.sandbox.deliveries import Deliveries
from pos_app.sandbox.ec_calls import EcCall, Steps
from pos_app.sandbox.faultcodes import Fault
from pos_app.sandbox.http_client import HttpAnswer, NoAnswerInTime, NotReached
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA, OUTDATED_PSP, head_of
from pos_app.sandbox.misbehaviour import XML_HEADERS
from pos_app.sandbox.network import Network
from pos_app.sandbox.outlet import CONNECTION
from pos_app.sandbox.page import page_routes
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.soap import CREDITOR, NODE, Contract, soap_fault


@dataclass
class Effects:
    """What each actor does with a request that it understood."""

    sandbox: Sandbox
    network: Network
    deliveries: Deliveries

    async def psp(self, heard: Heard) -> HttpAnswer:
        """The PSP backend: puts its own head in, asks the Node, relays the answer unchanged."""
        terminal = self.sandbox.registry.terminal(heard.terminal or "")
        assert terminal is not None  # authenticated
        request = psp_backend.put_in(self.sandbox.registry, terminal, heard.element)
        try:
            return await self.network.forward(heard.operation, request, terminal.id)
        except NoAnswerInTime as error:
            return HttpAnswer(504, XML_HEADERS, soap_fault(f"Il Nodo non risponde: {error}", code="soapenv:Server"))
        except NotReached as error:
            return HttpAnswer(502, XML_HEADERS, soap_fault(f"Il Nodo non risponde: {error}", code="soapenv:Server"))

    async def node(self, heard: Heard) -> HttpAnswer:
        """The Node: its rules, which may ask the EC; receipts leave after the answer."""
        element = await self.drive(self.sandbox.node.handle(heard.operation, heard.element), heard.terminal)
        self.deliveries.start()
        return honest(_checked(NODE, heard, element))

    async def creditor(self, heard: Heard) -> HttpAnswer:
        """The creditor institution."""
        element = self.sandbox.creditor.handle(heard.operation, heard.element)
        self.sandbox.store.save()
        return honest(_checked(CREDITOR, heard, element))

    async def node_for_pa(self, heard: Heard) -> HttpAnswer:
        """The Node, towards an EC of the old model: the RPT may have made an RT due."""
        element = self.sandbox.node.take_rpt(heard.operation, head_of(heard.element), heard.element)
        self.sandbox.store.save()
        self.deliveries.start()
        return honest(_checked(NODE_FOR_PA, heard, element))

    async def legacy_creditor(self, heard: Heard) -> HttpAnswer:
        """The creditor institution of the old model; the Node hears its RPT after this answer."""
        element = self.sandbox.legacy_creditor.handle(heard.operation, head_of(heard.element), heard.element)
        self.sandbox.store.save()
        return honest(_checked(LEGACY_CREDITOR, heard, element))

    async def drive(self, steps: Steps, terminal: str | None = None) -> etree._Element:
        """The Node's rules, their questions asked over HTTP; all that changed is saved before anyone is told."""
        try:
            question: EcCall = next(steps)
            while True:
                self.sandbox.store.save()
                question = steps.send(await self.network.ask(question, terminal))
        except StopIteration as end:
            answer: etree._Element = end.value
            return answer
        finally:
            self.sandbox.store.save()


def build_app(sandbox: Sandbox, network: Network) -> ASGIApp:
    """The application; `network.base` must be set before the first call."""
    deliveries = Deliveries(sandbox, network)
    effects = Effects(sandbox, network, deliveries)
    backend = replace(NODE, operations=psp_backend.SERVED)
    actors = (
        Actor(sandbox, "psp", "/psp", backend, effects.psp, _authenticator(sandbox), validates=False),
        Actor(sandbox, "node", "/node/psp", NODE, effects.node, outdated=OUTDATED_PSP),
        Actor(sandbox, "node", "/node/pa", NODE_FOR_PA, effects.node_for_pa),
        Actor(sandbox, "ec", "/ec", CREDITOR, effects.creditor),
        Actor(sandbox, "ec", "/ec/legacy", LEGACY_CREDITOR, effects.legacy_creditor),
    )
    routes = [Route(actor.path, actor) for actor in actors]
    control = Mount("/control", app=control_app(Control(sandbox, deliveries, effects.drive)))
    return _Stamped(Starlette(routes=[*routes, control, *page_routes(sandbox)], lifespan=_lifespan(deliveries)))


def _authenticator(sandbox: Sandbox) -> Authenticate:
    def authenticate(scope: Scope) -> str | None:
        proven = psp_backend.authenticated(sandbox.registry, Headers(scope=scope).get("authorization"))
        return proven.id if proven else _certified(sandbox, scope)

    return authenticate


def _certified(sandbox: Sandbox, scope: Scope) -> str | None:
    """The terminal that a client certificate names: its common name is the terminal's id."""
    connection = scope.get("state", {}).get(CONNECTION)
    certificate = connection.get_extra_info("peercert") if connection is not None else None
    names = dict(pair for part in (certificate or {}).get("subject", ()) for pair in part)
    terminal = sandbox.registry.terminal(names.get("commonName", ""))
    return terminal.id if terminal else None


def _checked(contract: Contract, heard: Heard, element: etree._Element) -> etree._Element:
    """Our own answer, if the schema allows it; an answer of ours that it doesn't is our mistake, and never sent."""
    broken = contract.schema_error(element)
    if broken is None:
        return element
    code = "PAA_SYSTEM_ERROR" if contract.codes == "PAA" else "PPT_SYSTEM_ERROR"
    return contract.refusal(heard.operation, Fault(code, f"Risposta non valida: {broken}", contract.speaker))


def _lifespan(deliveries: Deliveries) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(deliveries.keep_going())
        try:
            yield
        finally:
            task.cancel()
            deliveries.stop()

    return lifespan


_STAMP = (b"x-pos-sandbox", b"1")


class _Stamped:
    """Every answer says that it comes from a sandbox: `X-Pos-Sandbox: 1`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A relayed answer of the Node's brings the stamp along: twice would be another value.
                others = [header for header in message.get("headers", ()) if header[0] != _STAMP[0]]
                message = {**message, "headers": [*others, _STAMP]}
            await send(message)

        # Cancelled only when the server ends: its connections are cut by then, so there is nobody left to answer.
        with contextlib.suppress(asyncio.CancelledError):
            await self._app(scope, receive, stamped)
