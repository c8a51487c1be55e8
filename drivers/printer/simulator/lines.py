"""The lines that the printer double hangs on: a pseudo-terminal, or a TCP port."""

import contextlib
import os
import pty
import select
import socket
import tty

CHUNK = 4096  # bytes read at a time


class Line:
    """What both lines share: waiting for bytes or for a call from another thread."""

    port = ""
    _descriptor = -1

    def wait(self, wake: int, wants_bytes: bool, pause: float) -> bool:  # noqa: FBT001 - three plain facts
        """Until something is to do; False when the double is to stop."""
        wanted = [self._descriptor] if wants_bytes and self._descriptor >= 0 else []
        ready, _, _ = select.select([wake, *wanted, *self._doors()], [], [], pause)
        return not (wake in ready and os.read(wake, CHUNK) == b"")

    def _doors(self) -> list[int]:
        return []


class PtyLine(Line):
    """A pseudo-terminal; its far end stays open here, so that a driver may come and go."""

    _far = -1

    def open(self) -> None:
        """Make one."""
        self._descriptor, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._descriptor, False)
        self.port = os.ttyname(self._far)

    def read(self, room: int) -> bytes:
        """What arrived, at most `room` bytes."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._descriptor, min(room, CHUNK)) if room else b""
        return b""

    def write(self, data: bytes) -> None:
        """Send an answer."""
        if data:
            os.write(self._descriptor, data)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)
        os.close(self._far)


class TcpLine(Line):
    """A listening socket that serves one driver at a time, as network printers do."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None

    def open(self) -> None:
        """Listen."""
        self._server = socket.create_server(self._address)
        self._server.setblocking(False)
        host, port = self._server.getsockname()[:2]
        self.port = f"tcp://{host}:{port}"

    def read(self, room: int) -> bytes:
        """What arrived, at most `room` bytes; lets the next driver in when the last one left."""
        if self._client is None:
            self._accept()
            return b""
        try:
            data = self._client.recv(min(room, CHUNK)) if room else b"."
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return data if room else b""

    def write(self, data: bytes) -> None:
        """Send an answer."""
        if data and self._client is not None:
            self._client.sendall(data)

    def close(self) -> None:
        """Let go of it."""
        self._hang_up()
        if self._server is not None:
            self._server.close()

    def _doors(self) -> list[int]:
        return [self._server.fileno()] if self._server is not None and self._client is None else []

    def _accept(self) -> None:
        if self._server is not None:
            with contextlib.suppress(BlockingIOError):
                self._client, _ = self._server.accept()
                self._client.setblocking(False)
                self._descriptor = self._client.fileno()

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._descriptor = None, -1
