"""A PSP backend on the loopback that can be told to misbehave on the wire, byte by byte."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pos_app.domain.notice import NoticeCode, read_typed
from pos_app.psp.account import PspAccount
from pos_app.psp.client import SoapPspClient
from pos_app.psp.endpoint import Endpoint
from pos_app.psp.transport import HttpTransport

Behaviour = Callable[[socket.socket], None]

EXAMPLES = Path(__file__).parents[2] / "data" / "pagopa-examples"


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    head: str
    body: bytes

    def header(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


@dataclass
class Backend:
    """Reads one request a connection, notes it, then does what it was told."""

    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    behaviour: Behaviour | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://localhost:{self._listener.getsockname()[1]}/psp"

    def close(self) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    # --- what it can be told -------------------------------------------------------------------

    def sends(self, data: bytes) -> None:
        """Send exactly these bytes and close."""
        self.behaviour = lambda connection: connection.sendall(data)

    def answers(self, body: bytes | str, *, status: int = 200, media: str = "text/xml", extra: str = "") -> None:
        """A well-formed HTTP response."""
        data = body if isinstance(body, bytes) else body.encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
        self.sends(head.encode() + data)

    def hangs(self) -> None:
        """Read the request and never say anything."""
        self.behaviour = lambda _: self._wait()

    def drips(self, data: bytes, *, every: float) -> None:
        """Send one byte at a time."""

        def behaviour(connection: socket.socket) -> None:
            for byte in data:
                connection.sendall(bytes([byte]))
                if self.ended.wait(every):
                    return

        self.behaviour = behaviour

    def resets(self) -> None:
        """Read the request, then cut the connection with a TCP reset."""

        def behaviour(connection: socket.socket) -> None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        self.behaviour = behaviour

    # --- how it does it ------------------------------------------------------------------------

    def _wait(self) -> None:
        self.ended.wait(30)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            spoken = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with spoken:
                self._converse(spoken)

    def _converse(self, connection: socket.socket) -> None:
        request = _read_request(connection)
        if request is None:
            return
        self.received.append(request)
        assert self.behaviour is not None
        self.behaviour(connection)


def _read_request(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    request = Received(head.decode("latin-1"), b"")
    length = int(request.header("Content-Length") or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return Received(request.head, body)


@pytest.fixture
def backend() -> Iterator[Backend]:
    server = Backend()
    yield server
    server.close()


@pytest.fixture
def other_backend() -> Iterator[Backend]:
    server = Backend()
    yield server
    server.close()


@pytest.fixture
def make_backend() -> Iterator[Callable[[ssl.SSLContext | None], Backend]]:
    made: list[Backend] = []

    def make(tls: ssl.SSLContext | None) -> Backend:
        made.append(Backend(tls=tls))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def transport(backend: Backend) -> HttpTransport:
    return HttpTransport(Endpoint(backend.url, "T0000001", "s3cret-of-terminal"))


@pytest.fixture(scope="session")
def account() -> PspAccount:
    return PspAccount("PSPSANDBOX1", "97249640588", "97249640588_01", "pwdpwdpwd")


@pytest.fixture
def client(account: PspAccount, transport: HttpTransport) -> SoapPspClient:
    return SoapPspClient(account, transport)


@pytest.fixture(scope="session")
def notice() -> NoticeCode:
    return read_typed("301202611210004276", "15376371009", "12550")


@pytest.fixture(scope="session")
def example() -> Callable[[str], bytes]:
    return lambda name: (EXAMPLES / f"{name}.xml").read_bytes()


@pytest.fixture
def key() -> str:
    return "97249640588_Ab3dE6gH9j"


@pytest.fixture
def activation(client: SoapPspClient, notice: NoticeCode, key: str) -> str:
    return client.activation_body(notice, amount=12550, key=key, token_seconds=1800)
