"""Canaries: the password and the terminal's secret never reach a log, a repr, an exception, a body or an event."""

import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pos_app.domain.notice import NoticeCode
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.contract import OutcomeDetails
from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import HttpTransport, TransportError

PASSWORD = "cAnary-Pass-1"
SECRET = "cAnary-Terminal-2"
API_KEY = "cAnary-Api-Key-3"
CANARIES = (PASSWORD, SECRET, API_KEY, b64encode(f"T0000001:{SECRET}".encode()).decode())
KEY = "97249640588_Ab3dE6gH9j"
Example = Callable[[str], bytes]


def leaks(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


@pytest.fixture
def endpoint(backend: Any) -> Endpoint:
    return Endpoint(backend.url, "T0000001", SECRET, headers={"Ocp-Apim-Subscription-Key": API_KEY})


@pytest.fixture
def canary_client(endpoint: Endpoint, account: PspAccount) -> SoapPspClient:
    return SoapPspClient(replace(account, password=PASSWORD), HttpTransport(endpoint))


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        for name in ("zeep", "urllib3", "requests", "http.client"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield caplog


def test_the_secrets_are_really_sent(
    canary_client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes"))
    canary_client.verify(notice, timeout=5)
    (request,) = backend.received
    assert PASSWORD in request.body.decode()
    assert leaks(request.head) == [API_KEY, CANARIES[3]]


def test_nothing_that_is_shown_of_an_account_or_an_endpoint_is_secret(
    canary_client: SoapPspClient, endpoint: Endpoint, account: PspAccount
) -> None:
    shown = f"{replace(account, password=PASSWORD)!r} {endpoint!r} {canary_client!r} {canary_client._transport!r}"
    assert leaks(shown) == []


def test_no_body_holds_the_password(canary_client: SoapPspClient, notice: NoticeCode) -> None:
    details = OutcomeDetails("other", 0, "2026-11-21", "2026-11-23")
    bodies = (
        canary_client.activation_body(notice, amount=1, key=KEY, token_seconds=60),
        canary_client.outcome_body(token="t", key=KEY, details=details),
        canary_client.outcome_body(token="t", key=KEY, details=None),
    )
    assert all(leaks(body) == [] and "password" not in body for body in bodies)


MISBEHAVIOUR: dict[str, Callable[[Any], None]] = {
    "hang": lambda backend: backend.hangs(),
    "reset": lambda backend: backend.resets(),
    "redirect": lambda backend: backend.answers(b"", status=307, extra=f"Location: {backend.url}\r\n"),
    "401": lambda backend: backend.answers(b"", status=401),
    "html": lambda backend: backend.answers("<html/>", media="text/html"),
    "cut": lambda backend: backend.sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n<a"),
}


@pytest.mark.parametrize("misbehave", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_no_failure_tells_a_secret(
    canary_client: SoapPspClient,
    backend: Any,
    notice: NoticeCode,
    logs: pytest.LogCaptureFixture,
    misbehave: Callable[[Any], None],
) -> None:
    misbehave(backend)
    body = canary_client.outcome_body(token="t", key=KEY, details=None)
    activation = canary_client.activation_body(notice, amount=1, key=KEY, token_seconds=60)
    answers = (
        canary_client.verify(notice, timeout=0.3),
        canary_client.activate(notice, activation, repeated=False, timeout=0.3),
        canary_client.send_outcome(body, verdict="KO", timeout=0.3),
    )
    assert leaks(repr(answers)) == []
    assert leaks(logs.text) == []


@pytest.mark.parametrize("misbehave", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_no_transport_error_tells_a_secret(
    endpoint: Endpoint, backend: Any, logs: pytest.LogCaptureFixture, misbehave: Callable[[Any], None]
) -> None:
    misbehave(backend)
    with pytest.raises(TransportError) as caught:
        HttpTransport(endpoint).post(PASSWORD.encode() * 9, soap_action="x", timeout=0.3)
    assert leaks("".join(traceback.format_exception(caught.value))) == []
    assert leaks(repr(caught.value.__dict__)) == []
    assert leaks(logs.text) == []


ECHOES = {
    "description": f"<description>not valid: {PASSWORD}</description>",
    "original": f"<originalFaultCode>{PASSWORD}</originalFaultCode>"
    f"<originalDescription>{PASSWORD}</originalDescription>",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_a_backend_that_echoes_the_password_does_not_get_it_into_the_journal(
    canary_client: SoapPspClient, backend: Any, notice: NoticeCode, echo: str
) -> None:
    backend.answers(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<n:verifyPaymentNoticeRes xmlns:n="http://pagopa-api.pagopa.gov.it/node/nodeForPsp.xsd"><outcome>KO</outcome>'
        f"<fault><faultCode>PPT_SINTASSI_XSD</faultCode><faultString>{PASSWORD}</faultString><id>i</id>{echo}</fault>"
        "</n:verifyPaymentNoticeRes></s:Body></s:Envelope>"
    )
    answer = canary_client.verify(notice, timeout=5)
    assert "***" in repr(answer)
    assert leaks(repr(answer)) == []


def test_a_value_that_breaks_the_schema_is_not_quoted(
    canary_client: SoapPspClient, backend: Any, notice: NoticeCode, example: Example
) -> None:
    backend.answers(example("verifyPaymentNoticeRes").replace(b">EQ<", b">RSSMRA80A01H501U<"))
    answer = canary_client.verify(notice, timeout=5)
    assert "options" in repr(answer)
    assert "RSSMRA80A01H501U" not in repr(answer)
