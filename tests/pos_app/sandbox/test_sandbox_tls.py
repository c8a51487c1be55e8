"""The sandbox behind TLS, and a terminal that proves itself with a client certificate: sandbox.md, "Command"."""

import http.client
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pos_app.psp import wire
from pos_app.sandbox.sandbox import SandboxError, SandboxOptions
from pos_app.sandbox.server import RunningSandbox

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="certificates are made with the openssl command")
VERIFY = (
    f'<n:verifyPaymentNoticeReq xmlns:n="{wire.NODE_FOR_PSP}"><qrCode><fiscalCode>77777777777</fiscalCode>'
    "<noticeNumber>301000000000012373</noticeNumber></qrCode></n:verifyPaymentNoticeReq>"
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NAME.pem and NAME.key, each its own authority."""
    directory = tmp_path_factory.mktemp("certificates")
    for name in ("localhost", "T0000001", "nobody"):
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
        command = (str(OPENSSL), "req", "-x509", *curve, *files)
        subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=30)
    both = (directory / "T0000001.pem").read_text() + (directory / "nobody.pem").read_text()
    (directory / "clients.pem").write_text(both)
    return directory


@pytest.fixture(scope="module")
def secure(certificates: Path) -> Iterator[RunningSandbox]:
    options = SandboxOptions(
        port=0,
        tls_cert=certificates / "localhost.pem",
        tls_key=certificates / "localhost.key",
        client_ca=certificates / "clients.pem",
    )
    with RunningSandbox(options) as running:
        yield running


def verify(running: RunningSandbox, certificates: Path, body: bytes, *, client: str | None) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=str(certificates / "localhost.pem"))
    context.check_hostname = False
    if client is not None:
        context.load_cert_chain(certificates / f"{client}.pem", certificates / f"{client}.key")
    place = urlsplit(running.url)
    connection = http.client.HTTPSConnection(place.hostname or "", place.port, timeout=10, context=context)
    try:
        connection.request("POST", "/psp", body, {"SOAPAction": "verifyPaymentNotice"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_terminal_proves_itself_by_its_certificate_and_pays_over_tls(
    secure: RunningSandbox, certificates: Path, soap_envelope: Callable[..., bytes]
) -> None:
    assert secure.url.startswith("https://")
    status, body = verify(secure, certificates, soap_envelope(VERIFY), client="T0000001")
    assert status == 200
    assert b"<outcome>OK</outcome>" in body


@pytest.mark.parametrize("client", [None, "nobody"])
def test_without_a_terminals_certificate_or_secret_it_is_401(
    secure: RunningSandbox, certificates: Path, soap_envelope: Callable[..., bytes], client: str | None
) -> None:
    assert verify(secure, certificates, soap_envelope(VERIFY), client=client)[0] == 401


@pytest.mark.parametrize("field", ["tls_key", "client_ca"])
def test_half_a_tls_is_refused(tmp_path: Path, field: str) -> None:
    half: dict[str, Any] = {field: tmp_path / "x.pem"}
    with pytest.raises(SandboxError, match="need --tls-cert as well"):
        SandboxOptions(**half)


def test_a_certificate_that_cannot_be_used_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    options = SandboxOptions(port=0, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "cert.pem")
    with pytest.raises(SandboxError, match=r"TLS can.t be set up from .*cert\.pem"):
        RunningSandbox(options).start()
