"""The sandbox's actors calling one another over HTTP, and an EC elsewhere where the registry names one."""

import ssl
from dataclasses import dataclass, replace

from lxml import etree

from pos_app.psp import wire
from pos_app.psp.wire import Operation
from pos_app.sandbox import http_client
from pos_app.sandbox.ec_calls import EcCall, EcReply
from pos_app.sandbox.http_client import HttpAnswer
from pos_app.sandbox.legacy_records import PromisedRpt
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA, head_for
from pos_app.sandbox.psp_backend import DEADLINES
from pos_app.sandbox.sandbox import Sandbox
from pos_app.sandbox.soap import envelope

TERMINAL_HEADER = "X-Pos-Sandbox-Terminal"  # so that a fault armed for one terminal is met further down as well
XML = "text/xml; charset=utf-8"
_OWN_EC, _OWN_LEGACY_EC, _OWN_NODE = "/ec", "/ec/legacy", "/node/pa"
_RPT_TIMEOUT = 15.0  # seconds an EC waits for the Node
_OK = 200


@dataclass
class Network:
    """Who asks whom. `base` is the sandbox's own address, known once its port is; `tls` trusts its own certificate."""

    sandbox: Sandbox
    base: str = ""
    tls: ssl.SSLContext | None = None

    async def forward(self, operation: Operation, request: etree._Element, terminal: str) -> HttpAnswer:
        """The PSP backend asks the Node. Raises NotReached, NoAnswerInTime."""
        headers = [*_headers(operation), (TERMINAL_HEADER, terminal)]
        body = wire.envelope(request)
        url = f"{self.base}/node/psp"
        return await http_client.post(url, body, headers, timeout=DEADLINES[operation.name], tls=self.tls)

    async def ask(self, call: EcCall, terminal: str | None = None) -> EcReply:
        """The Node asks an EC; what can't be used becomes the fault that the Node makes of it (pagopa.md 3.2, 3.4)."""
        body = envelope(call.request, call.header)
        try:
            answer = await self._post(call, body, terminal)
        except http_client.NoAnswerInTime as error:
            return EcReply(problem="PPT_STAZIONE_INT_PA_TIMEOUT", sentence=f"La stazione {call.station.id}: {error}")
        except http_client.NotReached as error:
            return EcReply(
                problem="PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE", sentence=f"La stazione {call.station.id}: {error}"
            )
        return _read(call, answer)

    async def send_rpt(self, promised: PromisedRpt) -> bool:
        """An EC of the old model sends the Node an RPT; whether the Node answered, be it KO."""
        operation = NODE_FOR_PA.operations["nodoInviaRPT"]
        station = next((each for each in self.sandbox.registry.stations if each.id == promised.station), None)
        if station is None:
            return True  # nobody to send it any more
        header = head_for(station, promised.reference, promised.ccp).element
        body = envelope(etree.fromstring(promised.xml), header)
        url = self.base + _OWN_NODE
        try:
            answer = await http_client.post(url, body, _headers(operation), timeout=_RPT_TIMEOUT, tls=self.tls)
        except (http_client.NoAnswerInTime, http_client.NotReached):
            return False
        return answer.status == _OK

    async def _post(self, call: EcCall, body: bytes, terminal: str | None) -> HttpAnswer:
        headers = _headers(call.operation)
        if call.station.url is None:
            own = [*headers, (TERMINAL_HEADER, terminal)] if terminal else headers
            path = _OWN_LEGACY_EC if call.operation.name in LEGACY_CREDITOR.operations else _OWN_EC
            return await http_client.post(self.base + path, body, own, timeout=call.timeout, tls=self.tls)
        return await self._post_outside(call, call.station.url, body)

    async def _post_outside(self, call: EcCall, url: str, body: bytes) -> HttpAnswer:
        begun = self.sandbox.calls.begin("ec", self.sandbox.clock.now(), body.decode())
        answer: HttpAnswer | None = None
        try:
            answer = await http_client.post(url, body, _headers(call.operation), timeout=call.timeout)
            return answer
        finally:
            response = answer.body.decode("utf-8", "replace") if answer else None
            status = answer.status if answer else None
            name = call.operation.name
            self.sandbox.calls.update(replace(begun, operation=name, response=response, http_status=status))


def _headers(operation: Operation) -> list[tuple[str, str]]:
    return [("Content-Type", XML), ("SOAPAction", f'"{operation.name}"')]


def _read(call: EcCall, answer: HttpAnswer) -> EcReply:
    if answer.status != _OK:
        sentence = f"La stazione {call.station.id} ha risposto HTTP {answer.status}"
        return EcReply(problem="PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO", sentence=sentence)
    try:
        element = wire.open_envelope(answer.body)
    except wire.WireError as error:
        return EcReply(problem="PPT_STAZIONE_INT_PA_ERRORE_RESPONSE", sentence=str(error))
    if element.tag != call.operation.response:
        sentence = f"La stazione {call.station.id} ha risposto {etree.QName(element).localname}"
        return EcReply(problem="PPT_STAZIONE_INT_PA_ERRORE_RESPONSE", sentence=sentence)
    return EcReply(element)
