"""What may be concluded from each way an HTTP call can go wrong (reliability.md P1-P3, P7-P11, P28, P29)."""

import gzip
import socket
import threading
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import (
    LARGEST_ANSWER,
    Answer,
    HttpRefused,
    HttpTransport,
    NotSent,
    TransportError,
    Unanswered,
)

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def post(transport: HttpTransport, timeout: float = 5) -> Answer:
    return transport.post(b"<request/>", soap_action="verifyPaymentNotice", timeout=timeout)


def error_of(transport: HttpTransport, timeout: float = 5) -> TransportError:
    with pytest.raises(TransportError) as caught:
        post(transport, timeout)
    assert caught.value.__context__ is None, "the libraries' errors hold the request, so they must not be chained"
    return caught.value


def test_a_whole_xml_answer_comes_back_as_it_was_sent(backend: Any, transport: HttpTransport) -> None:
    backend.answers(b"<answer/>", media="text/xml; charset=utf-8")
    assert post(transport) == Answer(b"<answer/>", 200)


def test_the_body_of_a_500_is_read_too(backend: Any, transport: HttpTransport) -> None:
    backend.answers(b"<fault/>", status=500)
    assert post(transport) == Answer(b"<fault/>", 500)


def test_a_chunked_answer_is_put_together(backend: Any, transport: HttpTransport) -> None:
    backend.sends(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n4\r\n</a>\r\n0\r\n\r\n")
    assert post(transport).data == b"<a></a>"


def test_the_request_is_one_soap_1_1_post_of_a_terminal_that_logs_in(backend: Any) -> None:
    backend.answers(b"<answer/>")
    endpoint = Endpoint(backend.url, "T0000001", "sècret", headers={"Ocp-Apim-Subscription-Key": "abc"})
    post(HttpTransport(endpoint))
    (request,) = backend.received
    assert request.head.startswith("POST /psp HTTP/1.1\r\n")
    assert request.header("Content-Type") == "text/xml; charset=utf-8"
    assert request.header("SOAPAction") == '"verifyPaymentNotice"'
    assert request.header("Accept-Encoding") == "identity"
    assert request.header("Connection") == "close"
    assert request.header("Ocp-Apim-Subscription-Key") == "abc"
    assert b64decode(request.header("Authorization").removeprefix("Basic ")).decode() == "T0000001:sècret"
    assert request.body == b"<request/>"


def test_p1_a_refused_connection_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(error_of(HttpTransport(Endpoint(f"http://127.0.0.1:{port}/psp"))), NotSent)


def test_p1_a_name_that_does_not_resolve_means_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert isinstance(error_of(HttpTransport(Endpoint("https://psp.example/psp"))), NotSent)


def test_a_silent_name_server_is_given_up_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) or [])
    started = time.monotonic()
    error = error_of(HttpTransport(Endpoint("http://psp.example/psp")), 0.2)
    assert (type(error), str(error)) == (Unanswered, "The PSP did not answer in time.")
    assert time.monotonic() - started < 2
    released.set()


def test_p2_a_server_that_says_nothing_is_given_up_on_time(backend: Any, transport: HttpTransport) -> None:
    backend.hangs()
    started = time.monotonic()
    assert isinstance(error_of(transport, 0.3), Unanswered)
    assert 0.25 < time.monotonic() - started < 1.5


def test_p3_a_reset_after_the_request_means_unanswered(backend: Any, transport: HttpTransport) -> None:
    backend.resets()
    assert isinstance(error_of(transport), Unanswered)


@pytest.mark.parametrize("status", [201, 202, 204, 304, 400, 404, 405, 429, 502, 503, 504])
def test_p7_any_other_status_means_unanswered(backend: Any, transport: HttpTransport, status: int) -> None:
    backend.answers(b"", status=status)
    error = error_of(transport)
    assert isinstance(error, Unanswered)
    assert str(status) in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_p7_no_redirect_is_followed(backend: Any, other_backend: Any, transport: HttpTransport, status: int) -> None:
    backend.answers(b"", status=status, extra=f"Location: {other_backend.url}\r\n")
    other_backend.answers(b"<answer/>")
    assert isinstance(error_of(transport), Unanswered)
    assert other_backend.connections == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_terminal_that_is_not_let_in_is_told_so(backend: Any, transport: HttpTransport, status: int) -> None:
    backend.answers(b"", status=status)
    error = error_of(transport)
    assert isinstance(error, HttpRefused)
    assert error.status == status


@pytest.mark.parametrize("media", ["text/html", "application/soap+xml", "application/xml", "text/xml-external"])
def test_p8_what_is_not_text_xml_is_no_answer(backend: Any, transport: HttpTransport, media: str) -> None:
    backend.answers(b"<answer/>", media=media)
    assert isinstance(error_of(transport), Unanswered)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        OK_HEAD,
        OK_HEAD + b"Content-Length: 100\r\n\r\n<answer/>",
        OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n<answer/>\r\n",
        OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n<ans",
        OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<answer/>\r\n0\r\n\r\n",
        b"not http at all\r\n\r\n",
        OK_HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        OK_HEAD + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_p9_an_answer_that_was_cut_or_is_no_http_means_unanswered(
    backend: Any, transport: HttpTransport, data: bytes
) -> None:
    backend.sends(data)
    assert isinstance(error_of(transport), Unanswered)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 100,
        OK_HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    ],
    ids=["headers", "body", "continue"],
)
def test_p10_a_server_that_drips_does_not_move_the_deadline(
    backend: Any, transport: HttpTransport, data: bytes
) -> None:
    backend.drips(data, every=0.02)
    started = time.monotonic()
    assert isinstance(error_of(transport, 0.4), Unanswered)
    assert time.monotonic() - started < 1.5


def test_p11_a_compressed_answer_is_not_unpacked(backend: Any, transport: HttpTransport) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    backend.answers(bomb, extra="Content-Encoding: gzip\r\n")
    assert "compressed" in str(error_of(transport))


@pytest.mark.parametrize("length", [LARGEST_ANSWER + 1, 20_000_000])
def test_p11_a_huge_answer_is_not_read_to_its_end(backend: Any, transport: HttpTransport, length: int) -> None:
    backend.answers(b"x" * length)
    assert "longer" in str(error_of(transport))


def test_an_answer_of_exactly_the_largest_size_is_read(backend: Any, transport: HttpTransport) -> None:
    backend.answers(b"x" * LARGEST_ANSWER)
    assert len(post(transport).data) == LARGEST_ANSWER


def test_p11_the_body_of_a_redirect_is_not_read_at_all(backend: Any, transport: HttpTransport) -> None:
    head = b"HTTP/1.1 307 X\r\nLocation: /\r\nContent-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n"
    backend.drips(head + b"x", every=0)
    backend_behaviour = backend.behaviour

    def then_waits(connection: socket.socket) -> None:
        backend_behaviour(connection)
        backend.ended.wait(20)

    backend.behaviour = then_waits
    started = time.monotonic()
    assert "307" in str(error_of(transport, 10))
    assert time.monotonic() - started < 5


def test_p28_every_call_has_a_connection_of_its_own(backend: Any, transport: HttpTransport) -> None:
    data = b"<answer/>"
    backend.answers(data, extra="Connection: keep-alive\r\n")
    for _ in range(3):
        assert post(transport).data == data
    assert backend.connections == 3


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_p29_a_proxy_in_the_environment_is_ignored(
    backend: Any, other_backend: Any, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, other_backend.url)
    monkeypatch.setenv("NO_PROXY", "")
    backend.answers(b"<answer/>")
    post(transport)
    assert (backend.connections, other_backend.connections) == (1, 0)


def test_p29_a_netrc_file_is_ignored(backend: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    backend.answers(b"<answer/>")
    post(HttpTransport(Endpoint(backend.url)))
    assert backend.received[0].header("Authorization") is None


# --- is it a sandbox? --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "expected"), [("X-Pos-Sandbox: 1\r\n", True), ("X-Pos-Sandbox: 0\r\n", False), ("", False)]
)
def test_a_backend_presents_itself_by_a_header(
    *, backend: Any, transport: HttpTransport, extra: str, expected: bool
) -> None:
    backend.answers(b"<definitions/>", extra=extra)
    assert transport.answered_as_sandbox is None
    assert transport.presents_as_sandbox(timeout=5) is expected
    (request,) = backend.received
    assert request.head.startswith("GET /psp?wsdl HTTP/1.1\r\n")
    assert request.header("Authorization") is None


def test_a_sandbox_is_known_by_any_status(backend: Any, transport: HttpTransport) -> None:
    backend.answers(b"", status=401, extra="X-Pos-Sandbox: 1\r\n")
    assert transport.presents_as_sandbox(timeout=5) is True


def test_every_call_remembers_whether_a_sandbox_answered(backend: Any, transport: HttpTransport) -> None:
    backend.answers(b"<answer/>", extra="X-Pos-Sandbox: 1\r\n")
    post(transport)
    assert transport.answered_as_sandbox is True


def test_nobody_knows_what_an_unreachable_backend_is(backend: Any, transport: HttpTransport) -> None:
    backend.hangs()
    assert transport.presents_as_sandbox(timeout=0.2) is None


# --- endpoints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "psp.example",
        "ftp://psp.example/",
        "https://",
        "https://user:word@psp.example/",
        "https://x:0/",
        "https://x:99999/",
        "https://psp.example/#top",
        "https://psp .example/",
        "https://[::1/",
    ],
)
def test_a_url_that_cannot_be_called_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="The PSP's url must"):
        Endpoint(url)


@pytest.mark.parametrize(
    "headers", [{"Host": "x"}, {"content-length": "1"}, {"X Y": "1"}, {"": "1"}, {"X": "a\r\nY: b"}, {"X": "è"}]
)
def test_a_header_that_could_break_the_request_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="extra header"):
        Endpoint("https://psp.example/", headers=headers)


def test_a_terminal_id_with_a_colon_is_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        Endpoint("https://psp.example/", "T:1", "secret")


def test_the_wsdl_is_asked_for_in_the_same_query() -> None:
    assert Endpoint("https://psp.example/a").wsdl_url() == "https://psp.example/a?wsdl"
    assert Endpoint("https://psp.example/a?b=c").wsdl_url() == "https://psp.example/a?b=c&wsdl"
