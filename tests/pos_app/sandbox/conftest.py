"""Tills for the sandbox's tests: one drives the rules directly, one speaks HTTP; each answer is held to the schema."""

import base64
import http.client
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from pos_app.psp import wire
from pos_app.sandbox import node_receipts, node_rpt, soap
from pos_app.sandbox.clock import SandboxClock
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.legacy_records import PromisedRpt
from pos_app.sandbox.legacy_soap import (
    LEGACY_CREDITOR,
    NODE_FOR_PA,
    head_for,
    ppt_head_schema,
    read_head,
    unpack,
)
from pos_app.sandbox.node import run
from pos_app.sandbox.notices import read_position
from pos_app.sandbox.records import Session
from pos_app.sandbox.registry import Registry
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.server import RunningSandbox
from pos_app.sandbox.shapes import plain, read
from pos_app.sandbox.soap import CREDITOR, NODE
from pos_app.sandbox.xmltree import Element, build, text

CREDITOR_CODE = "77777777777"
NOTICE = "301000000000012373"
MOMENT = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)
OUR_HEAD = {
    "idPSP": "70000000001",
    "idBrokerPSP": "70000000001",
    "idChannel": "70000000001_01",
    "password": "pwdpwdpwd",
}
RIVAL_HEAD = {
    "idPSP": "40000000001",
    "idBrokerPSP": "40000000001",
    "idChannel": "40000000001_01",
    "password": "pwdpwdpwd",
}
DETAILS: list[tuple[str, Any]] = [
    ("paymentMethod", "creditCard"),
    ("paymentChannel", "frontOffice"),
    ("fee", "1.50"),
    (
        "payer",
        [
            (
                "uniqueIdentifier",
                [("entityUniqueIdentifierType", "F"), ("entityUniqueIdentifierValue", "ANONIMO")],
            ),
            ("fullName", "ANONIMO"),
        ],
    ),
    ("applicationDate", "2026-11-21"),
    ("transferDate", "2026-11-23"),
]


@dataclass(frozen=True)
class Answer:
    """An answer that the schema allows."""

    element: Element

    @property
    def ok(self) -> bool:
        return self.text("outcome") == "OK"

    @property
    def fault(self) -> str | None:
        return self.text("fault/faultCode")

    @property
    def description(self) -> str:
        return self.text("fault/description") or ""

    @property
    def token(self) -> str:
        return self.text("paymentToken") or ""

    def text(self, path: str) -> str | None:
        return text(self.element, path)


class Till:
    """Speaks the five primitives; `exchange` carries the request to whoever is tested."""

    def __init__(self, exchange: Callable[[str, Element], Element], head: dict[str, str] = OUR_HEAD) -> None:
        self._exchange = exchange
        self._head = head
        self._keys = (f"{head['idPSP'][:11]}_key{count:07d}" for count in itertools.count())

    def as_rival(self) -> "Till":
        return Till(self._exchange, RIVAL_HEAD)

    def with_head(self, **changed: str) -> "Till":
        return Till(self._exchange, {**self._head, **changed})

    def new_key(self) -> str:
        return next(self._keys)

    def verify(self, number: str = NOTICE, creditor: str = CREDITOR_CODE) -> Answer:
        return self.send("verifyPaymentNotice", [("qrCode", [("fiscalCode", creditor), ("noticeNumber", number)])])

    def activate(
        self,
        number: str = NOTICE,
        creditor: str = CREDITOR_CODE,
        *,
        version: int = 2,
        key: str | None = None,
        **fields: Any,
    ) -> Answer:
        given = {"amount": "125.50", **fields}
        names = ("expirationTime", "amount", "dueDate", "paymentNote", "paymentMethod", "touchPoint")
        items = [
            ("idempotencyKey", key),
            ("qrCode", [("fiscalCode", creditor), ("noticeNumber", number)]),
            *((name, given.get(name)) for name in names),
        ]
        return self.send("activatePaymentNotice" if version == 1 else "activatePaymentNoticeV2", items)

    def outcome(
        self, token: str, verdict: str = "OK", *, version: int = 2, key: str | None = None, details: Any = "usual"
    ) -> Answer:
        found = (DETAILS if verdict == "OK" else None) if details == "usual" else details
        one = ("paymentToken", token)
        items = [
            ("idempotencyKey", key),
            one if version == 1 else ("paymentTokens", [one]),
            ("outcome", verdict),
            ("details", found),
        ]
        return self.send("sendPaymentOutcome" if version == 1 else "sendPaymentOutcomeV2", items)

    def send(self, operation: str, items: list[tuple[str, Any]]) -> Answer:
        request = build(wire.OPERATIONS[operation].request, [*self._head.items(), *items], prefix="nod")
        element = self._exchange(operation, request)
        assert element.tag == wire.OPERATIONS[operation].response
        assert NODE.schema_error(element) is None
        return Answer(element)


class Rules:
    """The sandbox's rules without HTTP, on a clock that stands still until told."""

    def __init__(self) -> None:
        tokens = (f"{count:032x}" for count in itertools.count(1))
        self.clock = SandboxClock(lambda: MOMENT)
        self.sandbox = Sandbox(clock=self.clock, new_token=lambda: next(tokens))
        self.asked: list[EcCall] = []
        self.ec: Callable[[EcCall], EcReply] = self.honest_ec
        self.till = Till(self.exchange)

    def exchange(self, operation: str, request: Element) -> Element:
        told, element = NODE.read(wire.envelope(request), operation)
        return run(self.sandbox.node.handle(told, element), self.ask)

    def ask(self, call: EcCall) -> EcReply:
        self.asked.append(call)
        contract = CREDITOR if call.header is None else LEGACY_CREDITOR
        assert contract.schema_error(call.request) is None
        return self.ec(call)

    def honest_ec(self, call: EcCall) -> EcReply:
        if call.header is None:
            return EcReply(self.sandbox.creditor.handle(call.operation, call.request))
        assert ppt_head_schema().validate(call.header)
        answer = self.sandbox.legacy_creditor.handle(call.operation, read_head(call.header), call.request)
        assert LEGACY_CREDITOR.schema_error(answer) is None
        return EcReply(answer)

    def tell(self, promised: PromisedRpt) -> Element:
        """An EC of the old model sends the Node an RPT; the Node's answer."""
        station = next(each for each in self.sandbox.registry.stations if each.id == promised.station)
        head = head_for(station, promised.reference, promised.ccp)
        sent = soap.envelope(etree.fromstring(promised.xml), head.element)
        operation, element = NODE_FOR_PA.read(sent, "nodoInviaRPT")
        answer = self.sandbox.node.take_rpt(operation, head, element)
        assert NODE_FOR_PA.schema_error(answer) is None
        return answer

    def tell_rpts(self) -> list[str | None]:
        """The RPTs that are due by now reach the Node; its answers."""
        due = [each for each in self.sandbox.store.promised if each.due <= self.clock.now()]
        for promised in due:
            self.sandbox.store.promised.drop(promised.ccp)
        return [self.tell(promised).findtext("esito") for promised in due]

    def ask_anew(self) -> int:
        """The Node asks the ECs of the old model what it has to ask on its own."""
        world = self.sandbox.node.world
        askings = node_rpt.askings(world)
        for occurrence in askings:
            call = node_rpt.asking(world, occurrence)
            assert call is not None
            node_rpt.asked(world, occurrence.ccp, self.ask(call))
        return len(askings)

    def rts(self) -> list[Element]:
        """The RTs that the Node has made, oldest first, each held to the schema."""
        made = [each for each in self.sandbox.store.receipts if each.operation == "paaInviaRT"]
        return [unpack(etree.fromstring(each.xml).findtext("rt") or "", "RT") for each in made]

    def put(self, number: str, creditor: str = CREDITOR_CODE, **notice: Any) -> None:
        position = read_position(creditor, number, {"amount": 12550, **notice}, year=2026)
        self.sandbox.store.positions.put(position.key, position)

    def configure(self, **changed: Any) -> None:
        self.sandbox.registry = read(Registry, {**plain(self.sandbox.registry), **changed})

    def sessions(self, number: str = NOTICE, creditor: str = CREDITOR_CODE) -> tuple[Session, ...]:
        return self.sandbox.store.sessions_of(f"{creditor}/{number}")

    def position(self, number: str = NOTICE, creditor: str = CREDITOR_CODE) -> str:
        return self.sandbox.node.world.position_status(f"{creditor}/{number}")

    def deliver(self) -> list[bool]:
        """Send the receipts that are due; whether each was taken."""
        world = self.sandbox.node.world
        due = node_receipts.due(world)
        calls = [(receipt, node_receipts.call(world, receipt)) for receipt in due]
        return [node_receipts.tried(world, receipt, self.ask(call)) for receipt, call in calls if call is not None]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """A running sandbox, seen from outside."""

    def __init__(self, url: str, user: str = "T0000001", secret: str = "sandbox") -> None:
        self.url = url
        self._basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self.till = Till(self.exchange)

    def exchange(self, operation: str, request: Element) -> Element:
        reply = self.soap("/psp", operation, wire.envelope(request))
        assert reply.status == 200, reply
        return wire.open_envelope(reply.body)

    def soap(self, path: str, operation: str, body: bytes, *, timeout: float = 20, **headers: str) -> Reply:
        usual = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{operation}"',
            "Authorization": f"Basic {self._basic}",
        }
        return self.request("POST", path, body, {**usual, **headers}, timeout=timeout)

    def control(self, method: str, path: str, body: Any = None) -> Reply:
        data = None if body is None else json.dumps(body).encode()
        return self.request(method, f"/control/{path}", data, {"Content-Type": "application/json"})

    def notice(self, number: str = NOTICE, creditor: str = CREDITOR_CODE) -> Any:
        return self.control("GET", f"notices/{creditor}/{number}").json

    def calls(self, query: str = "") -> Any:
        return self.control("GET", f"calls{query}").json["calls"]

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> Reply:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, named, response.read())
        finally:
            connection.close()


@pytest.fixture
def rules() -> Rules:
    return Rules()


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox() as server:
        yield server


@pytest.fixture
def http_sandbox(running: RunningSandbox) -> Http:
    """The module's sandbox, as it was when it started."""
    http_client = Http(running.url)
    assert http_client.control("POST", "reset").status == 200
    return http_client


@pytest.fixture
def soap_envelope() -> Callable[..., bytes]:
    """A raw envelope around the XML text `inner`."""

    def build_envelope(inner: str, prolog: str = "") -> bytes:
        return f'{prolog}<s:Envelope xmlns:s="{wire.SOAP}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()

    return build_envelope


@pytest.fixture
def parse() -> Callable[[bytes], Element]:
    return etree.fromstring
