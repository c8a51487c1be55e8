"""Where a till reaches the double: a pseudo-terminal under a name of its own, or a TCP port."""

import contextlib
import os
import pty
import select
import socket
import struct
import termios
import tty
from pathlib import Path
from typing import Protocol

from drivers.card_reader.ecr17.simulator.outbox import LineEvent

CHUNK = 4096
OUTPUT_SPEED = 5  # its place in what tcgetattr returns


class Endpoint(Protocol):
    """Where a till can reach the double. `name` is what a profile gives as its port."""

    name: str

    def open(self) -> None:
        """Be reachable."""
        ...

    def descriptors(self) -> list[int]:
        """Return what may become readable."""
        ...

    def read(self, descriptor: int) -> bytes:
        """Take what a readable descriptor has; nothing when it belongs to a line that has gone meanwhile."""
        ...

    def write(self, data: bytes) -> None:
        """Send; what nobody takes is lost, as on a cable."""
        ...

    def end(self, event: LineEvent) -> bool:
        """Break or close the line; return whether it must be opened again."""
        ...

    def close(self) -> None:
        """Be gone."""
        ...


def garbled(data: bytes) -> bytes:
    """Return what is heard of bytes that were sent at another speed or framing: as many, and none of them right."""
    return bytes(0x80 | byte >> 1 for byte in data)


class PtyEndpoint:
    """A pseudo-terminal; `link` is a symbolic link to its slave, which comes back by that name after a break.

    `baudrate`, where it is not 0, is the only speed at which the two sides understand each other.
    """

    def __init__(self, link: Path, *, baudrate: int = 0) -> None:
        self.name = str(link)
        self._link = link
        self._speed = getattr(termios, f"B{baudrate}", None) if baudrate else None
        self._master = self._slave = -1

    def open(self) -> None:
        """See Endpoint.open. Raises FileExistsError when a file that is no link has the name."""
        if self._link.exists() and not self._link.is_symlink():
            raise FileExistsError(f"{self._link} exists and is no link to a pseudo-terminal: choose another name")
        self._master, self._slave = pty.openpty()  # our slave stays open: else reading fails between two tills
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._link)

    def descriptors(self) -> list[int]:
        """See Endpoint.descriptors."""
        return [self._master]

    def read(self, descriptor: int) -> bytes:
        """See Endpoint.read."""
        with contextlib.suppress(BlockingIOError):
            return self._understood(os.read(descriptor, CHUNK)) if descriptor == self._master else b""
        return b""

    def write(self, data: bytes) -> None:
        """See Endpoint.write."""
        with contextlib.suppress(OSError):
            os.write(self._master, self._understood(data))

    def _understood(self, data: bytes) -> bytes:
        right = self._speed is None or termios.tcgetattr(self._slave)[OUTPUT_SPEED] == self._speed
        return data if right else garbled(data)

    def end(self, event: LineEvent) -> bool:
        """See Endpoint.end. A serial line cannot be closed politely."""
        if event is LineEvent.BROKEN:
            self.close()
        return event is LineEvent.BROKEN

    def close(self) -> None:
        """See Endpoint.close."""
        for descriptor in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._master = self._slave = -1
        if self._link.is_symlink():
            self._link.unlink()


def _has_hung_up(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))


class TcpEndpoint:
    """A TCP port that serves one till at a time; port 0 takes a free one."""

    def __init__(self, host: str, port: int) -> None:
        self.name = ""
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._till: socket.socket | None = None

    def open(self) -> None:
        """See Endpoint.open."""
        if self._listener is None:
            self._listener = socket.create_server(self._address)
            host, port = self._listener.getsockname()[:2]
            self.name = f"socket://{host}:{port}"

    def descriptors(self) -> list[int]:
        """See Endpoint.descriptors."""
        return [line.fileno() for line in (self._listener, self._till) if line is not None]

    def read(self, descriptor: int) -> bytes:
        """See Endpoint.read. A till that went away makes room for the next; a second one is turned away."""
        if self._listener is not None and descriptor == self._listener.fileno():
            return self._accept(self._listener)
        if self._till is None or descriptor != self._till.fileno():
            return b""
        return self._hear(self._till)

    def write(self, data: bytes) -> None:
        """See Endpoint.write."""
        if self._till is not None:
            with contextlib.suppress(OSError):
                self._till.sendall(data)

    def end(self, event: LineEvent) -> bool:
        """See Endpoint.end. Broken is a reset, closed an orderly end; the port stays open either way."""
        if self._till is not None and event is LineEvent.BROKEN:
            self._till.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._drop_till()
        return False

    def close(self) -> None:
        """See Endpoint.close."""
        self._drop_till()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _hear(self, till: socket.socket) -> bytes:
        try:
            data = till.recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self._drop_till()
        return data

    def _accept(self, listener: socket.socket) -> bytes:
        """Take a till, or turn it away; return the last words of one that hung up just before."""
        till, _ = listener.accept()
        last_words = self._hear(self._till) if self._till is not None and _has_hung_up(self._till) else b""
        if last_words:
            self._drop_till()
        if self._till is None:
            till.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._till = till
        else:
            till.close()
        return last_words

    def _drop_till(self) -> None:
        if self._till is not None:
            self._till.close()
            self._till = None
