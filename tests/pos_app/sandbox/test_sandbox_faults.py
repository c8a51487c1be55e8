"""Faults on demand, every kind at every actor: sandbox.md, `POST /control/faults`."""

import http.client
import time
from typing import TYPE_CHECKING, Any

import pytest

from pos_app.psp import wire
from pos_app.sandbox.faults import FaultOrder, Faults, Met

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http, Reply

NUMBER = "301000000000012373"
LOST = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


def arm(sandbox: "Http", kind: str, operation: str = "activatePaymentNoticeV2", at: str = "psp", **more: Any) -> None:
    reply = sandbox.control("POST", "faults", {"operation": operation, "at": at, "kind": kind, **more})
    assert reply.status == 200, reply
    assert set(reply.json) == {"id"}


def activate(sandbox: "Http", path: str = "/psp", *, timeout: float = 20, number: str = NUMBER) -> "Reply":
    namespace = f'xmlns:n="{wire.NODE_FOR_PSP}"'
    body = (
        f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body><n:activatePaymentNoticeV2Request {namespace}>'
        "<idPSP>70000000001</idPSP><idBrokerPSP>70000000001</idBrokerPSP><idChannel>70000000001_01</idChannel>"
        "<password>pwdpwdpwd</password><idempotencyKey>70000000001_Ab3dE6gH9j</idempotencyKey><qrCode>"
        f"<fiscalCode>77777777777</fiscalCode><noticeNumber>{number}</noticeNumber></qrCode>"
        "<amount>125.50</amount></n:activatePaymentNoticeV2Request></s:Body></s:Envelope>"
    )
    return sandbox.soap(path, "activatePaymentNoticeV2", body.encode(), timeout=timeout)


def activated(sandbox: "Http") -> bool:
    return bool(sandbox.notice()["position"] == "PAYING")


@pytest.mark.parametrize(("at", "path"), [("psp", "/psp"), ("node", "/node/psp")])
def test_a_lost_response_was_done_and_not_told_and_the_repeat_gets_the_same_token(
    http_sandbox: "Http", at: str, path: str
) -> None:
    arm(http_sandbox, "lost_response", at=at)
    with pytest.raises(LOST):
        activate(http_sandbox, path)
    sessions = http_sandbox.notice()["sessions"]
    assert len(sessions) == 1
    assert sessions[0]["token"].encode() in activate(http_sandbox, path).body
    assert len(http_sandbox.notice()["sessions"]) == 1


@pytest.mark.parametrize(("at", "path"), [("psp", "/psp"), ("node", "/node/psp")])
def test_a_lost_request_was_never_done(http_sandbox: "Http", at: str, path: str) -> None:
    arm(http_sandbox, "lost_request", at=at)
    with pytest.raises(LOST):
        activate(http_sandbox, path)
    assert not activated(http_sandbox)
    call = http_sandbox.calls(f"?at={at}")[0]
    assert (call["response"], call["http_status"], call["fault"]) == (None, None, "lost_request")


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_a_timeout_lasts_until_the_caller_gives_up(http_sandbox: "Http", when: str, *, done: bool) -> None:
    arm(http_sandbox, "timeout", when=when)
    with pytest.raises(TimeoutError):
        activate(http_sandbox, timeout=0.3)
    assert activated(http_sandbox) is done


def test_a_timeout_holds_nobody_else_up(http_sandbox: "Http") -> None:
    arm(http_sandbox, "timeout", operation="verifyPaymentNotice")
    with pytest.raises(TimeoutError):
        http_sandbox.soap("/psp", "verifyPaymentNotice", VERIFY, timeout=0.2)
    assert http_sandbox.till.verify().ok


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_answers_honestly_later(http_sandbox: "Http", when: str) -> None:
    arm(http_sandbox, "delay", delay=0.3, when=when)
    begun = time.monotonic()
    assert b"<outcome>OK</outcome>" in activate(http_sandbox).body
    assert 0.3 <= time.monotonic() - begun < 5


@pytest.mark.parametrize(("kind", "status"), [("http_401", 401), ("http_429", 429), ("http_500", 500)])
@pytest.mark.parametrize(("when", "done"), [(None, False), ("before", False), ("after", True)])
def test_an_http_status_says_nothing_of_what_was_done(
    http_sandbox: "Http", kind: str, status: int, when: str | None, *, done: bool
) -> None:
    arm(http_sandbox, kind, when=when)
    assert activate(http_sandbox).status == status
    assert activated(http_sandbox) is done


def test_a_soap_fault_comes_with_http_500(http_sandbox: "Http") -> None:
    arm(http_sandbox, "soap_fault")
    reply = activate(http_sandbox)
    assert reply.status == 500
    assert wire.open_envelope(reply.body).tag == wire.SOAP_FAULT


def test_a_truncated_answer_was_done_and_promises_more_than_it_gives(http_sandbox: "Http") -> None:
    arm(http_sandbox, "truncated")
    with pytest.raises(http.client.IncompleteRead):
        activate(http_sandbox)
    assert activated(http_sandbox)


def test_garbage_is_a_whole_answer_that_is_no_xml(http_sandbox: "Http") -> None:
    arm(http_sandbox, "garbage")
    reply = activate(http_sandbox)
    assert reply.status == 200
    with pytest.raises(wire.WireError):
        wire.open_envelope(reply.body)
    assert activated(http_sandbox)


def test_an_extra_element_is_appended_to_an_honest_answer(http_sandbox: "Http") -> None:
    arm(http_sandbox, "extra_element")
    answer = wire.open_envelope(activate(http_sandbox).body)
    assert answer.findtext("outcome") == "OK"
    assert answer[-1].tag == "elementoNuovo"


def test_a_dripping_answer_comes_byte_by_byte(http_sandbox: "Http") -> None:
    token = http_sandbox.till.activate().token
    arm(http_sandbox, "drip", "sendPaymentOutcomeV2", delay=0.001)
    begun = time.monotonic()
    assert http_sandbox.till.outcome(token).ok
    assert time.monotonic() - begun > 0.3


def test_a_drip_stops_when_the_caller_has_gone(http_sandbox: "Http") -> None:
    arm(http_sandbox, "drip", delay=60)
    with pytest.raises(TimeoutError):
        activate(http_sandbox, timeout=0.2)
    assert http_sandbox.till.verify("301000000000020057").ok


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"headers": {"Bad name": "x"}}, "headers must be a header's name, not 'Bad name'"),
        ({"headers": {"X": "a\r\nb"}}, "headers.X must be printable ASCII"),
        ({"status": 204, "body": "x"}, "body must be empty for status 204"),
        ({"status": 99}, "status must be from 200 to 599"),
    ],
)
def test_a_raw_answer_that_http_could_not_carry_is_refused(
    http_sandbox: "Http", more: dict[str, Any], sentence: str
) -> None:
    order = {"operation": "verifyPaymentNotice", "at": "psp", "kind": "raw", "status": 200, "body": "", **more}
    reply = http_sandbox.control("POST", "faults", order)
    assert reply.status == 400
    assert sentence in reply.json["error"]


@pytest.mark.parametrize("status", [200, 204, 304, 503])
def test_a_raw_answer_may_be_empty(http_sandbox: "Http", status: int) -> None:
    arm(http_sandbox, "raw", status=status, body="")
    assert (activate(http_sandbox).status, activate(http_sandbox).status) == (status, 200)


def test_a_redirect_leads_to_where_a_careless_client_would_do_it_unnoticed(http_sandbox: "Http") -> None:
    arm(http_sandbox, "redirect")
    reply = activate(http_sandbox)
    assert (reply.status, reply.headers["location"]) == (307, "/psp")
    assert not activated(http_sandbox)


def test_a_stale_answer_is_the_one_to_another_notice(http_sandbox: "Http") -> None:
    http_sandbox.till.activate("301000000000020057")
    other = http_sandbox.calls("?at=psp")[-1]["response"].encode()
    arm(http_sandbox, "stale_answer")
    assert activate(http_sandbox).body == other
    assert activated(http_sandbox)


def test_a_stale_answer_with_nothing_before_it_is_a_soap_fault(http_sandbox: "Http") -> None:
    arm(http_sandbox, "stale_answer")
    assert wire.open_envelope(activate(http_sandbox).body).tag == wire.SOAP_FAULT


def test_a_ko_carries_the_codes_that_were_ordered(http_sandbox: "Http") -> None:
    arm(http_sandbox, "ko", fault_code="PPT_ERRORE_EMESSO_DA_PAA", original_fault_code="PAA_PAGAMENTO_SCADUTO")
    answer = http_sandbox.till.activate()
    assert (answer.fault, answer.text("fault/originalFaultCode")) == (
        "PPT_ERRORE_EMESSO_DA_PAA",
        "PAA_PAGAMENTO_SCADUTO",
    )
    assert not activated(http_sandbox)


def test_raw_answers_what_it_was_given(http_sandbox: "Http") -> None:
    arm(http_sandbox, "raw", status=503, headers={"Retry-After": "7"}, body="chiuso")
    reply = activate(http_sandbox)
    assert (reply.status, reply.headers["retry-after"], reply.body) == (503, "7", b"chiuso")


EC_FAULTS = [
    ("lost_request", {}, "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"),
    ("lost_response", {}, "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"),
    ("truncated", {}, "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"),
    ("timeout", {}, "PPT_STAZIONE_INT_PA_TIMEOUT"),
    ("delay", {"delay": 3}, "PPT_STAZIONE_INT_PA_TIMEOUT"),
    ("drip", {"delay": 1}, "PPT_STAZIONE_INT_PA_TIMEOUT"),
    ("http_401", {}, "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO"),
    ("http_429", {}, "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO"),
    ("http_500", {}, "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO"),
    ("redirect", {}, "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO"),
    ("soap_fault", {}, "PPT_STAZIONE_INT_PA_SERVIZIO_NONATTIVO"),
    ("garbage", {}, "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
    ("extra_element", {}, "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
    ("stale_answer", {}, "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
    ("ko", {"fault_code": "PAA_SEMANTICA"}, "PPT_ERRORE_EMESSO_DA_PAA"),
    ("raw", {"status": 200, "body": "<a/>"}, "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"),
]


@pytest.mark.parametrize(("kind", "more", "code"), EC_FAULTS, ids=[kind for kind, _, _ in EC_FAULTS])
def test_what_goes_wrong_at_the_creditor_is_told_by_the_node(
    http_sandbox: "Http", kind: str, more: dict[str, Any], code: str
) -> None:
    registry = http_sandbox.control("GET", "registry").json
    http_sandbox.control("PUT", "registry", {**registry, "ec_timeout_seconds": 1})
    arm(http_sandbox, kind, operation="paGetPaymentV2", at="ec", **more)
    assert http_sandbox.till.activate().fault == code
    assert http_sandbox.till.activate().ok


NODE_FAULTS = [("lost_request", 502), ("lost_response", 502), ("http_500", 500), ("http_429", 429), ("soap_fault", 500)]


@pytest.mark.parametrize(("kind", "status"), NODE_FAULTS)
def test_what_goes_wrong_at_the_node_reaches_the_terminal_as_http(http_sandbox: "Http", kind: str, status: int) -> None:
    arm(http_sandbox, kind, at="node")
    assert activate(http_sandbox).status == status


@pytest.mark.parametrize("kind", ["lost_request", "lost_response", "ko"])
def test_a_lost_receipt_is_delivered_an_hour_later(http_sandbox: "Http", kind: str) -> None:
    more = {"fault_code": "PAA_SYSTEM_ERROR"} if kind == "ko" else {}
    arm(http_sandbox, kind, operation="paSendRTV2", at="ec", **more)
    http_sandbox.till.outcome(http_sandbox.till.activate().token)
    assert http_sandbox.notice()["position"] == "PAID"
    http_sandbox.control("POST", "clock", {"advance": 3600})
    assert http_sandbox.notice()["position"] == "NOTIFIED"


def test_a_fault_may_wait_for_its_notice_its_terminal_and_its_turn(http_sandbox: "Http") -> None:
    arm(http_sandbox, "http_500", notice_number="301000000000020057")
    arm(http_sandbox, "http_429", terminal="T0000002", at="ec", operation="paGetPaymentV2")
    arm(http_sandbox, "http_500", operation="verifyPaymentNotice", skip=1, times=2)
    assert activate(http_sandbox).status == 200
    assert activate(http_sandbox, number="301000000000020057").status == 500
    statuses = [http_sandbox.soap("/psp", "verifyPaymentNotice", VERIFY).status for _ in range(4)]
    assert statuses == [200, 500, 500, 200]


def test_an_outcomes_notice_is_the_one_of_its_token(http_sandbox: "Http") -> None:
    arm(http_sandbox, "ko", "sendPaymentOutcomeV2", notice_number=NUMBER, fault_code="PPT_SYSTEM_ERROR")
    other = http_sandbox.till.activate("301000000000020057").token
    token = http_sandbox.till.activate().token
    assert http_sandbox.till.outcome(other).ok
    assert http_sandbox.till.outcome(token).fault == "PPT_SYSTEM_ERROR"


def test_all_armed_faults_can_be_removed(http_sandbox: "Http") -> None:
    arm(http_sandbox, "http_500", times=100)
    assert activate(http_sandbox).status == 500
    assert http_sandbox.control("DELETE", "faults").json == {}
    assert activate(http_sandbox).status == 200


def test_the_first_fault_armed_is_the_first_met() -> None:
    faults = Faults()
    met = Met("psp", "verifyPaymentNotice", NUMBER, "T0000001")
    for kind in ("http_500", "http_429"):
        faults.arm(FaultOrder("verifyPaymentNotice", "psp", kind))
    kinds = [found.kind if (found := faults.strike(met)) else None for _ in range(3)]
    assert kinds == ["http_500", "http_429", None]


VERIFY = (
    f'<s:Envelope xmlns:s="{wire.SOAP}"><s:Body><n:verifyPaymentNoticeReq xmlns:n="{wire.NODE_FOR_PSP}"><qrCode>'
    f"<fiscalCode>77777777777</fiscalCode><noticeNumber>{NUMBER}</noticeNumber></qrCode></n:verifyPaymentNoticeReq>"
    "</s:Body></s:Envelope>"
).encode()
