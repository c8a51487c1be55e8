"""The sandbox over real HTTP: three actors, the contract, who is let in, what is refused."""

import importlib
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests
from lxml import etree

from pos_app.psp import wire
from pos_app.sandbox.psp_backend import DEADLINES
from pos_app.sandbox.server import RunningSandbox

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http

NUMBER = "301000000000012373"
VERIFY = (
    f'<n:verifyPaymentNoticeReq xmlns:n="{wire.NODE_FOR_PSP}"><idPSP>x</idPSP><idBrokerPSP>x</idBrokerPSP>'
    "<idChannel>x</idChannel><password>xxxxxxxx</password><qrCode><fiscalCode>77777777777</fiscalCode>"
    f"<noticeNumber>{NUMBER}</noticeNumber></qrCode></n:verifyPaymentNoticeReq>"
)


@pytest.mark.parametrize("version", [1, 2])
def test_a_terminal_pays_a_notice_through_all_three_actors(http_sandbox: "Http", version: int) -> None:
    till = http_sandbox.till
    assert till.verify().ok
    token = till.activate(version=version).token
    assert till.outcome(token, version=version).ok
    shown = http_sandbox.notice()
    assert shown["position"] == "NOTIFIED"
    assert shown["sessions"][0]["history"] == ["PAYING", "PAID", "NOTICE_GENERATED", "NOTICE_SENT", "NOTIFIED"]
    assert [(each["ec"], each["outcome"], each["tries"]) for each in shown["receipts"]] == [("77777777777", "OK", 1)]
    second = "" if version == 1 else "V2"
    assert [(call["at"], call["operation"]) for call in http_sandbox.calls()] == [
        ("psp", "verifyPaymentNotice"),
        ("node", "verifyPaymentNotice"),
        ("ec", "paVerifyPaymentNotice"),
        ("psp", f"activatePaymentNotice{second}"),
        ("node", f"activatePaymentNotice{second}"),
        ("ec", "paGetPaymentV2"),
        ("psp", f"sendPaymentOutcome{second}"),
        ("node", f"sendPaymentOutcome{second}"),
        ("ec", "paSendRTV2"),
    ]


def test_no_local_element_of_any_message_is_qualified(http_sandbox: "Http") -> None:
    http_sandbox.till.verify()
    http_sandbox.till.outcome(http_sandbox.till.activate().token)
    http_sandbox.notice()
    for call in http_sandbox.calls():
        for text in (call["request"], call["response"]):
            wrapper = wire.open_envelope(text.encode())
            assert wrapper.tag.startswith("{http://pagopa-api.pagopa.gov.it/")
            assert all("{" not in child.tag for child in wrapper.iterdescendants())


def test_the_backend_puts_its_own_head_in_whatever_the_terminal_wrote(http_sandbox: "Http") -> None:
    liar = http_sandbox.till.with_head(idPSP="nobody", idBrokerPSP="x", idChannel="y", password="zzzzzzzz")
    assert liar.verify().ok
    forwarded = wire.open_envelope(http_sandbox.calls("?at=node")[0]["request"].encode())
    head = [forwarded.findtext(name) for name in ("idPSP", "idBrokerPSP", "idChannel", "password")]
    assert head == ["70000000001", "70000000001", "70000000001_01", "pwdpwdpwd"]


def test_a_terminal_may_leave_the_head_out(http_sandbox: "Http", soap_envelope: Callable[..., bytes]) -> None:
    bare = re.sub(r"<idPSP>.*</password>", "", VERIFY)
    reply = http_sandbox.soap("/psp", "verifyPaymentNotice", soap_envelope(bare))
    assert b"<outcome>OK</outcome>" in reply.body


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Bearer c2FuZGJveA==", "Basic VDAwMDAwMDE6d3Jvbmc=", "Basic bm9ib2R5Og==", "Basic /w=="],
)
def test_a_stranger_is_sent_away_before_any_soap(http_sandbox: "Http", authorization: str) -> None:
    reply = http_sandbox.soap("/psp", "verifyPaymentNotice", b"not even XML", Authorization=authorization)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Basic")
    assert http_sandbox.calls() == []


def test_every_answer_says_that_it_comes_from_a_sandbox(http_sandbox: "Http") -> None:
    replies = [
        http_sandbox.request("GET", "/psp?wsdl"),
        http_sandbox.request("GET", "/nothing"),
        http_sandbox.request("GET", "/control/clock"),
        http_sandbox.request("DELETE", "/node/psp"),
        http_sandbox.soap("/node/psp", "verifyPaymentNotice", b""),
        http_sandbox.soap("/psp", "verifyPaymentNotice", b"", Authorization=""),
    ]
    assert [reply.headers.get("x-pos-sandbox") for reply in replies] == ["1"] * 6


@pytest.mark.parametrize("path", ["/psp", "/node/psp", "/node/pa", "/ec", "/ec/legacy"])
def test_the_wsdl_names_the_address_it_was_asked_at(http_sandbox: "Http", path: str) -> None:
    reply = http_sandbox.request("GET", f"{path}?wsdl")
    assert reply.status == 200
    address = etree.fromstring(reply.body).find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address is not None
    assert address.get("location") == f"{http_sandbox.url}{path}"


def test_the_backends_wsdl_has_the_five_operations_that_it_serves(http_sandbox: "Http") -> None:
    wsdl = etree.fromstring(http_sandbox.request("GET", "/psp?wsdl").body)
    names = {each.get("name") for each in wsdl.iterfind(".//{http://schemas.xmlsoap.org/wsdl/}operation")}
    assert names == {
        "verifyPaymentNotice",
        "activatePaymentNotice",
        "activatePaymentNoticeV2",
        "sendPaymentOutcome",
        "sendPaymentOutcomeV2",
    }


@pytest.mark.parametrize("query", ["", "?xsd=../../secret", "?xsd=nothing.xsd", "?other"])
def test_a_page_that_is_no_contract_is_not_there(http_sandbox: "Http", query: str) -> None:
    assert http_sandbox.request("GET", f"/psp{query}").status == 404


@pytest.mark.parametrize("path", ["/psp", "/node/psp", "/ec"])
def test_no_hostile_body_is_answered_500(http_sandbox: "Http", path: str) -> None:
    bodies = [b"", b"<a", b"\xff\xfe", b"<!DOCTYPE a []><a/>", b"x" * 300_000, b"<a>" * 20_000]
    for body in bodies:
        for action in ("verifyPaymentNotice", "paGetPayment", "nonsense"):
            assert http_sandbox.soap(path, action, body).status in (200, 400)


def test_ten_megabytes_are_refused_as_the_node_refuses(http_sandbox: "Http") -> None:
    reply = http_sandbox.soap("/node/psp", "verifyPaymentNotice", b"<a>" + b"x" * 10_000_000 + b"</a>")
    assert reply.status == 200
    assert b"PPT_SINTASSI_EXTRAXSD" in reply.body
    assert http_sandbox.calls()[0]["request"] == ""


def test_what_breaks_the_schema_is_refused_by_the_node_and_relayed(
    http_sandbox: "Http", soap_envelope: Callable[..., bytes]
) -> None:
    reply = http_sandbox.soap("/psp", "verifyPaymentNotice", soap_envelope(VERIFY.replace(NUMBER, "12")))
    assert reply.status == 200
    assert b"PPT_SINTASSI_EXTRAXSD" in reply.body
    assert [call["at"] for call in http_sandbox.calls()] == ["psp", "node"]


def test_the_backend_does_not_serve_what_only_poste_may_call(
    http_sandbox: "Http", soap_envelope: Callable[..., bytes]
) -> None:
    body = soap_envelope(f'<n:verificaBollettinoReq xmlns:n="{wire.NODE_FOR_PSP}"/>')
    reply = http_sandbox.soap("/psp", "verificaBollettino", body)
    assert reply.status == 400
    assert wire.open_envelope(reply.body).tag == wire.SOAP_FAULT


def test_thirty_payments_at_once_do_not_wait_for_one_another(http_sandbox: "Http") -> None:
    numbers = [f"30100000000{count:05d}00" for count in range(500, 530)]
    for number in numbers:
        http_sandbox.control("PUT", f"notices/77777777777/{number}", {"amount": 100})
    http_sandbox.control(
        "POST", "faults", {"operation": "paGetPaymentV2", "at": "ec", "kind": "delay", "delay": 0.3, "times": 30}
    )
    paid: list[bool] = []

    def pay(number: str) -> None:
        token = http_sandbox.till.activate(number).token
        paid.append(http_sandbox.till.outcome(token).ok)

    threads = [threading.Thread(target=pay, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paid == [True] * 30


def test_of_two_tills_at_the_same_moment_one_gets_the_notice(http_sandbox: "Http") -> None:
    http_sandbox.control("POST", "faults", {"operation": "paGetPaymentV2", "at": "ec", "kind": "delay", "delay": 0.3})
    faults: list[str | None] = []
    threads = [threading.Thread(target=lambda: faults.append(http_sandbox.till.activate().fault)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(faults, key=str) == [None, "PPT_ATTIVAZIONE_IN_CORSO"]
    assert len(http_sandbox.notice()["sessions"]) == 1


def test_the_backend_waits_for_the_node_no_longer_than_it_may(
    http_sandbox: "Http", monkeypatch: pytest.MonkeyPatch, soap_envelope: Callable[..., bytes]
) -> None:
    assert dict(DEADLINES) == {
        "verifyPaymentNotice": 12,
        "activatePaymentNotice": 12,
        "activatePaymentNoticeV2": 12,
        "sendPaymentOutcome": 15,
        "sendPaymentOutcomeV2": 15,
    }
    monkeypatch.setitem(DEADLINES, "verifyPaymentNotice", 0.2)
    http_sandbox.control("POST", "faults", {"operation": "verifyPaymentNotice", "at": "node", "kind": "timeout"})
    reply = http_sandbox.soap("/psp", "verifyPaymentNotice", soap_envelope(VERIFY))
    assert reply.status == 504
    assert wire.open_envelope(reply.body).tag == wire.SOAP_FAULT


def test_an_unreachable_station_is_told_as_such(http_sandbox: "Http") -> None:
    answer = http_sandbox.till.verify("311000000000010078")
    assert answer.fault == "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"


def test_a_creditor_elsewhere_can_be_put_behind_the_node(http_sandbox: "Http") -> None:
    with RunningSandbox() as elsewhere:
        registry = http_sandbox.control("GET", "registry").json
        registry["stations"][0]["url"] = f"{elsewhere.url}/ec"
        assert http_sandbox.control("PUT", "registry", registry).status == 200
        token = http_sandbox.till.activate().token
        assert http_sandbox.till.outcome(token).ok
        assert http_sandbox.notice()["position"] == "NOTIFIED"
        assert [call["operation"] for call in http_sandbox.calls("?at=ec")] == ["paGetPaymentV2", "paSendRTV2"]
        position = elsewhere.sandbox.store.positions.get(f"77777777777/{NUMBER}")
        assert position is not None
        assert position.notice.state == "paid"


def test_zeep_loads_the_contract_and_pays(http_sandbox: "Http") -> None:
    zeep: Any = importlib.import_module("zeep")  # it ships no types
    with requests.Session() as session:
        session.auth = ("T0000001", "sandbox")
        session.trust_env = False
        transport = zeep.Transport(session=session, timeout=5, operation_timeout=20)
        client = zeep.Client(f"{http_sandbox.url}/psp?wsdl", transport=transport)
        head = {"idPSP": "x", "idBrokerPSP": "x", "idChannel": "x", "password": "xxxxxxxx"}
        qr_code = {"fiscalCode": "77777777777", "noticeNumber": NUMBER}
        assert client.service.verifyPaymentNotice(**head, qrCode=qr_code).outcome == "OK"
        activated = client.service.activatePaymentNoticeV2(**head, qrCode=qr_code, amount="125.50", touchPoint="POS")
        assert str(activated.totalAmount) == "125.50"
        tokens = {"paymentToken": [activated.paymentToken]}
        assert client.service.sendPaymentOutcomeV2(**head, paymentTokens=tokens, outcome="KO").outcome == "OK"
        zeep.Client(f"{http_sandbox.url}/ec?wsdl", transport=transport)
    assert http_sandbox.notice()["sessions"][0]["history"] == ["PAYING", "FAILED"]
