"""The old model over HTTP: pagopa.md 1.3, 2.8."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from pos_app.psp import wire
from pos_app.sandbox import soap
from pos_app.sandbox.legacy_soap import LEGACY_CREDITOR, NODE_FOR_PA, PPT, Head, pack, path, unpack
from pos_app.sandbox.sandbox import SandboxOptions
from pos_app.sandbox.server import RunningSandbox
from pos_app.sandbox.xmltree import Element

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http

NUMBER = "305000000000010024"
HEAD = Head("77777777777", "77777777777_05", "77777777777", "05000000000010024", "una-prova")
HEADER = {
    "identificativoIntermediarioPA": "77777777777",
    "identificativoStazioneIntermediarioPA": "77777777777_05",
    "identificativoDominio": "77777777777",
    "identificativoUnivocoVersamento": "05000000000010024",
    "codiceContestoPagamento": "una-prova",
}


def settled(http_sandbox: "Http") -> Any:
    """The notice, once what is under way has arrived."""
    return http_sandbox.notice(NUMBER)


@pytest.mark.parametrize("version", [1, 2])
def test_a_notice_of_the_old_model_is_paid_by_either_api(http_sandbox: "Http", version: int) -> None:
    token = http_sandbox.till.activate(NUMBER, version=version).token
    assert settled(http_sandbox)["sessions"][0]["history"] == ["PAYING", "PAYING_RPT"]
    assert http_sandbox.till.outcome(token, version=version).ok
    notice = settled(http_sandbox)
    assert notice["sessions"][0]["history"] == ["PAYING", "PAYING_RPT", "PAID", "NOTICE_GENERATED", "NOTICE_STORED"]
    assert notice["notice"]["state"] == "paid"
    assert [(each["receipt_id"], each["outcome"], each["tries"]) for each in notice["receipts"]] == [(token, "OK", 1)]
    names = [call["operation"] for call in http_sandbox.calls() if call["at"] != "psp"]
    asked = ["activatePaymentNotice", "paaAttivaRPT", "nodoInviaRPT", "sendPaymentOutcome", "paaInviaRT"]
    assert [name.removesuffix("V2") for name in names] == asked
    assert {call["http_status"] for call in http_sandbox.calls()} == {200}


def test_every_message_of_the_old_model_is_as_the_schemas_have_it(http_sandbox: "Http") -> None:
    http_sandbox.till.verify(NUMBER)
    http_sandbox.till.outcome(http_sandbox.till.activate(NUMBER).token)
    settled(http_sandbox)
    for call in http_sandbox.calls():
        contract = NODE_FOR_PA if call["operation"] == "nodoInviaRPT" else LEGACY_CREDITOR
        if call["operation"] in contract.operations:
            contract.read(call["request"].encode(), call["operation"])
            assert contract.schema_error(wire.open_envelope(call["response"].encode())) is None


def test_an_rpt_that_is_late_comes_with_the_clock(http_sandbox: "Http") -> None:
    late = {"amount": 3300, "rpt": "late", "rpt_delay": 300}
    http_sandbox.control("PUT", f"notices/77777777777/{NUMBER}", late)
    http_sandbox.till.outcome(http_sandbox.till.activate(NUMBER).token)
    assert settled(http_sandbox)["sessions"][0]["history"] == ["PAYING", "PAID_NORPT"]
    http_sandbox.control("POST", "clock", {"advance": 300})
    assert settled(http_sandbox)["sessions"][0]["history"][-1] == "NOTICE_STORED"


def test_a_late_outcome_is_asked_for_anew_over_http(http_sandbox: "Http") -> None:
    token = http_sandbox.till.activate(NUMBER).token
    settled(http_sandbox)
    http_sandbox.control("POST", "clock", {"advance": 1801})
    http_sandbox.control("POST", "jobs/cancel-expired")
    assert http_sandbox.till.outcome(token).fault == "PPT_TOKEN_SCADUTO"
    notice = settled(http_sandbox)
    assert notice["sessions"][0]["history"][-1] == "NOTICE_STORED"
    assert [each["outcome"] for each in notice["receipts"]] == ["OK", "OK"]
    assert http_sandbox.control("GET", "totals").json["receipts_delivered"] == 1


def test_a_fault_strikes_at_the_old_models_operations(http_sandbox: "Http") -> None:
    order = {"operation": "paaAttivaRPT", "at": "ec", "kind": "lost_response", "notice_number": NUMBER}
    assert http_sandbox.control("POST", "faults", order).status == 200
    assert http_sandbox.till.activate(NUMBER).fault == "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"
    assert settled(http_sandbox)["position"] == "INSERTED"
    calls = http_sandbox.calls("?operation=nodoInviaRPT")
    assert [call["http_status"] for call in calls] == [200]
    assert "<esito>OK</esito>" in calls[0]["response"]
    assert http_sandbox.till.activate(NUMBER).ok


def test_an_armed_refusal_has_the_old_models_layout(http_sandbox: "Http") -> None:
    order = {"operation": "nodoInviaRPT", "at": "node", "kind": "ko", "fault_code": "PPT_SYSTEM_ERROR"}
    http_sandbox.control("POST", "faults", order)
    http_sandbox.till.activate(NUMBER)
    assert settled(http_sandbox)["sessions"][0]["history"] == ["PAYING"]
    answer = wire.open_envelope(http_sandbox.calls("?operation=nodoInviaRPT")[0]["response"].encode())
    assert [child.tag for child in answer] == ["fault", "esito"]


def _verification() -> Element:
    return LEGACY_CREDITOR.request(LEGACY_CREDITOR.operations["paaVerificaRPT"], [("identificativoPSP", "1")])


def test_a_call_without_its_header_is_refused(http_sandbox: "Http") -> None:
    reply = http_sandbox.soap("/ec/legacy", "paaVerificaRPT", wire.envelope(_verification()))
    assert reply.status == 200
    answer = wire.open_envelope(reply.body)[0]
    assert answer.findtext("fault/faultCode") == "PAA_SINTASSI_XSD"
    assert answer.findtext("esito") == "KO"


def test_a_header_with_an_empty_field_is_refused(http_sandbox: "Http") -> None:
    header = Head("77777777777", "77777777777_05", "77777777777", "", "x").element
    reply = http_sandbox.soap("/ec/legacy", "paaVerificaRPT", soap.envelope(_verification(), header))
    assert wire.open_envelope(reply.body)[0].findtext("fault/faultCode") == "PAA_SINTASSI_XSD"


@pytest.mark.parametrize(("place", "operation"), [("/ec/legacy", "nodoInviaRPT"), ("/node/pa", "paaInviaRT")])
def test_an_operation_at_the_wrong_path_is_a_soap_fault(http_sandbox: "Http", place: str, operation: str) -> None:
    reply = http_sandbox.soap(place, operation, soap.envelope(_verification_of(operation), HEAD.element))
    assert (reply.status, b"Fault" in reply.body) == (400, True)


def _verification_of(operation: str) -> Element:
    contract = NODE_FOR_PA if operation in NODE_FOR_PA.operations else LEGACY_CREDITOR
    return contract.request(contract.operations[operation], [])


def test_a_zeep_client_speaks_to_both_actors_of_the_old_model(http_sandbox: "Http") -> None:
    zeep: Any = importlib.import_module("zeep")  # it ships no types
    ec = zeep.Client(f"{http_sandbox.url}/ec/legacy?wsdl", transport=zeep.Transport(timeout=10))
    found = ec.service.paaVerificaRPT(identificativoPSP="15376371009", _soapheaders={"header": HEADER})
    assert found.esito == "OK"
    assert str(found.datiPagamentoPA.importoSingoloVersamento) == "33.00"
    asked = {"importoSingoloVersamento": "33.00"}
    codes = {"identificativoIntermediarioPSP": "15376371009", "identificativoCanalePSP": "15376371009_01"}
    answer = ec.service.paaAttivaRPT(
        identificativoPSP="15376371009", datiPagamentoPSP=asked, **codes, _soapheaders={"header": HEADER}
    )
    assert answer.esito == "OK"
    node = zeep.Client(f"{http_sandbox.url}/node/pa?wsdl", transport=zeep.Transport(timeout=10))
    told = node.service.nodoInviaRPT(
        password="pwdpwdpwd",
        identificativoPSP="15376371009",
        identificativoIntermediarioPSP="15376371009",
        identificativoCanale="15376371009_01",
        tipoFirma="",
        rpt=b"non XML",
        _soapheaders={"header": HEADER},
    )
    assert (told.esito, told.fault.faultCode) == ("KO", "PPT_SEMANTICA")  # nobody asked the Node for it


def test_an_outside_ec_tells_its_rpt_by_itself(http_sandbox: "Http") -> None:
    """An EC of somebody else's sends nodoInviaRPT to /node/pa, as ours does."""
    http_sandbox.control("PUT", f"notices/77777777777/{NUMBER}", {"amount": 3300, "rpt": "never"})
    token = http_sandbox.till.activate("305000000000010024").token
    mine = {"amount": 1, "rpt": "at_once"}
    http_sandbox.control("PUT", "notices/77777777777/305000000000020031", mine)
    http_sandbox.till.activate("305000000000020031")
    settled(http_sandbox)
    model = http_sandbox.calls("?operation=nodoInviaRPT")[0]["request"].encode()
    request = wire.open_envelope(model)
    rpt = unpack(request.findtext("rpt") or "", "RPT")
    for name, value in (
        ("codiceContestoPagamento", token),
        ("identificativoUnivocoVersamento", HEAD.reference),
    ):
        for each in rpt.iter(path(name)):
            each.text = value
    packed = request.find("rpt")
    assert packed is not None
    packed.text = pack(rpt)
    head = Head(HEAD.broker, HEAD.station, HEAD.creditor, HEAD.reference, token)
    reply = http_sandbox.soap("/node/pa", "nodoInviaRPT", soap.envelope(request, head.element))
    assert wire.open_envelope(reply.body).findtext("esito") == "OK"
    assert settled(http_sandbox)["sessions"][0]["history"] == ["PAYING", "PAYING_RPT"]


@pytest.mark.parametrize("operation", ["nodoVerificaRPT", "nodoAttivaRPT"])
def test_a_psp_of_the_old_model_is_told_that_it_asks_in_vain(http_sandbox: "Http", operation: str) -> None:
    asked = etree.Element(f"{{{PPT}}}{operation}")
    reply = http_sandbox.soap("/node/psp", operation, wire.envelope(asked))
    assert reply.status == 200
    answer = wire.open_envelope(reply.body)
    assert answer.tag == f"{{{PPT}}}{operation}Risposta"
    assert answer[0].findtext("fault/faultCode") == "PPT_MULTI_BENEFICIARIO"
    assert answer[0].findtext("esito") == "KO"


@pytest.mark.parametrize("path", ["/node/pa", "/ec/legacy"])
@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"<a/>", b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', b"\x00\xff", b"<a>" * 3000, b"y" * 300_000],
)
def test_no_hostile_body_is_answered_500_by_the_old_model(http_sandbox: "Http", path: str, body: bytes) -> None:
    for operation in ("paaVerificaRPT", "paaInviaRT", "nodoInviaRPT", "altro"):
        assert http_sandbox.soap(path, operation, body).status in (200, 400)


def test_what_the_old_model_has_under_way_outlives_a_restart(http_sandbox: "Http", tmp_path: Path) -> None:
    number, outside = "77777777777/305000000000010024", type(http_sandbox)
    options = SandboxOptions(port=0, state=tmp_path / "state.sqlite")
    with RunningSandbox(options) as first:
        client = outside(first.url)
        client.control("PUT", f"notices/{number}", {"amount": 3300, "rpt": "late", "rpt_delay": 600})
        client.till.outcome(client.till.activate(NUMBER).token)
        assert settled(client)["sessions"][0]["history"] == ["PAYING", "PAID_NORPT"]
    with RunningSandbox(options) as second:
        client = outside(second.url)
        client.control("POST", "clock", {"advance": 600})
        assert settled(client)["sessions"][0]["history"][-1] == "NOTICE_STORED"
        assert settled(client)["notice"]["state"] == "paid"
