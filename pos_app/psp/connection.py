"""One HTTP request on a connection of its own that keeps a deadline: requests' adapter with our sockets in it."""

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from pos_app.psp.deadline import Deadline, TimedSocket, TimedTlsSocket, connect


class _TimedConnection(HTTPConnection):
    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline

    def _new_conn(self) -> TimedSocket:
        try:
            return connect(self.host, self.port or self.default_port, self._deadline)
        except TimeoutError:
            raise
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error


class _TimedTlsConnection(_TimedConnection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # A TLS socket is born in the middle of its handshake, which has the time that was left then.
        assert isinstance(self.sock, TimedTlsSocket)
        self.sock.deadline = self._deadline


class _Pool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class OneCallAdapter(HTTPAdapter):
    """Sends one request over a new connection: never retried, never through a proxy, never redirected.

    `tls` has everything about certificates; it is made once, since reading authorities takes many milliseconds. Its
    sockets must be TimedTlsSocket.
    """

    def __init__(self, tls: ssl.SSLContext | None, deadline: Deadline) -> None:
        self._tls = tls
        self._deadline = deadline
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def ask(self, request: requests.PreparedRequest) -> requests.Response:
        """The response, its body not read yet. Raises what requests and urllib3 raise, and TimeoutError."""
        return self.send(request, stream=True, timeout=self._deadline.remaining())

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - requests' signature
        """Called by HTTPAdapter's constructor."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        """Called by HTTPAdapter.send for the pool whose connection it will use."""
        pool = super().get_connection_with_tls_context(*args, **options)
        assert isinstance(pool, HTTPConnectionPool)
        pool.conn_kw["deadline"] = self._deadline
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to add: `tls` knows whom to trust, and always verifies."""
