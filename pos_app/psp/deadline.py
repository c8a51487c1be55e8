"""Sockets whose every wait ends at one deadline, whatever the other side does (reliability.md L3, P2, P10).

A socket's own timeout starts anew with every byte, so a server that drips defeats it. Here each operation gets what is
left of the time for the whole call: name, connection, handshake, request, answer.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

_Resolved = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock, in seconds."""

    at: float
    monotonic: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, timeout: float, monotonic: Callable[[], float] = time.monotonic) -> "Deadline":
        """The moment `timeout` seconds from now."""
        return cls(monotonic() + timeout, monotonic)

    def remaining(self) -> float:
        """The seconds that are left, more than 0. Raises TimeoutError when none are."""
        left = self.at - self.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is up")
        return left


class TimedSocket(socket.socket):
    """A TCP socket that keeps `deadline`, once it is set."""

    deadline: Deadline | None = None

    def recv_into(self, *args: Any, **options: Any) -> int:
        """As socket.recv_into; raises TimeoutError at the deadline."""
        _wait_at_most(self, self.deadline)
        return super().recv_into(*args, **options)

    def sendall(self, *args: Any, **options: Any) -> None:
        """As socket.sendall; raises TimeoutError at the deadline."""
        _wait_at_most(self, self.deadline)
        super().sendall(*args, **options)


class TimedTlsSocket(ssl.SSLSocket):
    """The same over TLS: what a context makes whose `sslsocket_class` this is."""

    deadline: Deadline | None = None

    def recv_into(self, *args: Any, **options: Any) -> int:
        """As SSLSocket.recv_into; raises TimeoutError at the deadline."""
        _wait_at_most(self, self.deadline)
        return super().recv_into(*args, **options)

    def sendall(self, *args: Any, **options: Any) -> None:
        """As SSLSocket.sendall; raises TimeoutError at the deadline."""
        _wait_at_most(self, self.deadline)
        super().sendall(*args, **options)


def _wait_at_most(connection: socket.socket, deadline: Deadline | None) -> None:
    if deadline is not None:
        connection.settimeout(deadline.remaining())


def connect(host: str, port: int, deadline: Deadline) -> TimedSocket:
    """A connection to the first address of `host` that takes one. Raises OSError, TimeoutError among them."""
    addresses = _resolve(host, port, deadline)
    for tries_left, (family, kind, protocol, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        connection = TimedSocket(family, kind, protocol)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A silent address must not use up the time of the next one.
            connection.settimeout(deadline.remaining() / tries_left)
            connection.connect(address)
            # TLS takes over this timeout and keeps it for the whole handshake.
            connection.settimeout(deadline.remaining())
        except OSError:
            connection.close()
            if tries_left == 1:
                raise
        else:
            connection.deadline = deadline
            return connection
    raise OSError(f"{host} has no address")


def _resolve(host: str, port: int, deadline: Deadline) -> _Resolved:
    if _is_quick(host):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A silent name server holds getaddrinfo for half a minute, and nothing can interrupt it: leave it behind.
    found: Future[_Resolved] = Future()
    threading.Thread(target=_settle, args=(found, host, port), name="psp-name", daemon=True).start()
    return found.result(deadline.remaining())


def _settle(found: Future[_Resolved], host: str, port: int) -> None:
    try:
        found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        found.set_exception(error)


def _is_quick(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
