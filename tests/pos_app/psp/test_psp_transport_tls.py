"""Whom the transport trusts and how it presents itself over TLS (reliability.md P2, P26, P27, fact L4)."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import HttpTransport, NotSent, TransportError, Unanswered

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="certificates are made with the openssl command")

MakeBackend = Callable[[ssl.SSLContext | None], Any]


def openssl(directory: Path, *arguments: str) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *arguments], cwd=directory, check=True, capture_output=True, timeout=30)


class Authority:
    """A private authority: its certificate, and PEM files (certificate and key) that it signed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.certificate = directory / "ca.pem"
        openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
                "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip

    def issue(self, name: str, alternative: str, *, valid: tuple[str, str] | None = None) -> Path:
        """`valid`: from when to when (`20260101000000Z`), else for two days from now."""
        request, certificate = f"{name}.csr", f"{name}.crt"
        (self.directory / "names").write_text(f"subjectAltName={alternative}\n")
        openssl(self.directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-out", request, "-subj", f"/CN={name}")  # fmt: skip
        if valid is None:
            openssl(self.directory, "x509", "-req", "-in", request, "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", certificate)  # fmt: skip
        else:
            self._issue_for(request, certificate, *valid)
        both = self.directory / f"{name}.pem"
        both.write_text((self.directory / certificate).read_text() + (self.directory / f"{name}.key").read_text())
        return both

    def _issue_for(self, request: str, certificate: str, begins: str, ends: str) -> None:
        # Only `ca` takes dates in every release of openssl, and it wants its books kept.
        (self.directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca=ours\n[ours]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\npolicy=any\n"
            "default_md=sha256\n[any]\ncommonName=supplied\n"
        )
        (self.directory / "index.txt").touch()
        (self.directory / "serial").write_text("1001\n")
        openssl(self.directory, "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
                "-startdate", begins, "-enddate", ends, "-extfile", "names",
                "-in", request, "-out", certificate)  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "theirs")


@pytest.fixture(scope="module")
def server_certificate(authority: Authority) -> Path:
    return authority.issue("server", "DNS:localhost")


@pytest.fixture(scope="module")
def client_certificate(authority: Authority) -> Path:
    return authority.issue("T0000001", "DNS:T0000001")


def server_side(certificate: Path, *, clients_of: Authority | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.certificate)
    return context


def post(endpoint: Endpoint, timeout: float = 5) -> bytes:
    return HttpTransport(endpoint).post(b"<request/>", soap_action="verifyPaymentNotice", timeout=timeout).data


def test_a_server_of_the_pinned_authority_is_trusted(
    make_backend: MakeBackend, authority: Authority, server_certificate: Path
) -> None:
    backend = make_backend(server_side(server_certificate))
    backend.answers(b"<answer/>")
    for url in (backend.url, backend.url.replace("https:", "HTTPS:")):
        assert post(Endpoint(url, ca_bundle=authority.certificate)) == b"<answer/>"


def test_certificates_are_read_once_for_many_calls(
    make_backend: MakeBackend, authority: Authority, server_certificate: Path, tmp_path: Path
) -> None:
    backend = make_backend(server_side(server_certificate))
    backend.answers(b"<answer/>")
    bundle = tmp_path / "ca.pem"
    shutil.copy(authority.certificate, bundle)
    transport = HttpTransport(Endpoint(backend.url, ca_bundle=bundle))
    transport.post(b"<request/>", soap_action="x", timeout=5)
    bundle.unlink()
    assert transport.post(b"<request/>", soap_action="x", timeout=5).data == b"<answer/>"


def test_p26_a_server_of_another_authority_never_gets_the_request(
    make_backend: MakeBackend, stranger: Authority, server_certificate: Path
) -> None:
    backend = make_backend(server_side(server_certificate))
    with pytest.raises(Unanswered, match="TLS"):
        post(Endpoint(backend.url, ca_bundle=stranger.certificate))
    assert backend.received == []


def test_p26_a_private_authority_is_not_trusted_unasked(make_backend: MakeBackend, server_certificate: Path) -> None:
    backend = make_backend(server_side(server_certificate))
    with pytest.raises(Unanswered, match="TLS"):
        post(Endpoint(backend.url))
    assert backend.received == []


def test_p26_a_server_of_another_name_never_gets_the_request(make_backend: MakeBackend, authority: Authority) -> None:
    backend = make_backend(server_side(authority.issue("elsewhere", "DNS:elsewhere.example")))
    with pytest.raises(Unanswered, match="TLS"):
        post(Endpoint(backend.url, ca_bundle=authority.certificate))
    assert backend.received == []


@pytest.mark.parametrize(
    ("valid", "why"),
    [(("20200101000000Z", "20200201000000Z"), "expired"), (("20900101000000Z", "20900201000000Z"), "not yet valid")],
)
def test_p26_a_server_whose_certificate_is_not_of_today_never_gets_the_request(
    make_backend: MakeBackend, tmp_path: Path, valid: tuple[str, str], why: str
) -> None:
    own = Authority(tmp_path / "own")
    backend = make_backend(server_side(own.issue("server", "DNS:localhost", valid=valid)))
    with pytest.raises(ssl.SSLCertVerificationError, match=why):  # that, and nothing else, is wrong with it
        greet(backend.url, ssl.create_default_context(cafile=str(own.certificate)))
    with pytest.raises(Unanswered, match="TLS"):
        post(Endpoint(backend.url, ca_bundle=own.certificate))
    assert backend.received == []


def test_p26_a_server_that_speaks_tls_1_1_only_never_gets_the_request(
    make_backend: MakeBackend, authority: Authority, server_certificate: Path
) -> None:
    old = server_side(server_certificate)
    speak_tls_1_1(old)
    backend = make_backend(old)
    old_client = ssl.create_default_context(cafile=str(authority.certificate))
    speak_tls_1_1(old_client)
    assert greet(backend.url, old_client) == "TLSv1.1"
    with pytest.raises(Unanswered, match="TLS"):
        post(Endpoint(backend.url, ca_bundle=authority.certificate))
    assert all(not received.body for received in backend.received)


def greet(url: str, client: ssl.SSLContext) -> str | None:
    """Shake hands and go; which TLS was spoken."""
    address = ("127.0.0.1", int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0]))
    with (
        socket.create_connection(address, timeout=5) as plain,
        client.wrap_socket(plain, server_hostname="localhost") as s,
    ):
        return s.version()


def speak_tls_1_1(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def test_p2_a_handshake_that_never_ends_is_given_up_on_time(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://localhost:{listener.getsockname()[1]}/psp"
        started = time.monotonic()
        with pytest.raises(Unanswered):
            post(Endpoint(url, ca_bundle=authority.certificate), timeout=0.3)
        assert time.monotonic() - started < 1.5


def test_a_terminal_shows_its_certificate(
    make_backend: MakeBackend, authority: Authority, server_certificate: Path, client_certificate: Path
) -> None:
    backend = make_backend(server_side(server_certificate, clients_of=authority))
    backend.answers(b"<answer/>")
    endpoint = Endpoint(backend.url, ca_bundle=authority.certificate, client_certificate=client_certificate)
    assert post(endpoint) == b"<answer/>"


def test_p27_a_certificate_that_the_server_refuses_means_unanswered(
    make_backend: MakeBackend, authority: Authority, stranger: Authority, server_certificate: Path
) -> None:
    backend = make_backend(server_side(server_certificate, clients_of=authority))
    foreign = stranger.issue("T0000002", "DNS:T0000002")
    with pytest.raises(Unanswered):
        post(Endpoint(backend.url, ca_bundle=authority.certificate, client_certificate=foreign))
    assert backend.received == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_p27_a_certificate_that_cannot_be_read_sends_nothing(
    authority: Authority, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "client.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotSent, match="cannot be read") as caught:
        post(Endpoint("https://localhost:1/", ca_bundle=authority.certificate, client_certificate=path))
    assert caught.value.__context__ is None


def test_p27_an_encrypted_key_asks_nobody_for_a_password(
    authority: Authority, client_certificate: Path, tmp_path: Path
) -> None:
    encrypted = tmp_path / "encrypted.key"
    openssl(
        tmp_path, "ec", "-aes256", "-passout", "pass:secret", "-in", str(client_certificate), "-out", str(encrypted)
    )
    path = tmp_path / "client.pem"
    path.write_text((authority.directory / "T0000001.crt").read_text() + encrypted.read_text())
    with pytest.raises(NotSent, match="cannot be read"):
        post(Endpoint("https://localhost:1/", ca_bundle=authority.certificate, client_certificate=path))


def test_an_unreadable_bundle_is_a_transport_error_of_every_call(tmp_path: Path) -> None:
    transport = HttpTransport(Endpoint("https://localhost:1/", ca_bundle=tmp_path / "missing.pem"))
    for _ in range(2):
        with pytest.raises(TransportError):
            transport.post(b"<request/>", soap_action="x", timeout=1)
    assert transport.presents_as_sandbox(timeout=1) is None
