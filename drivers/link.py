"""The byte line to a device: a serial port, a TCP socket or a remote serial port (RFC 2217), all by a pyserial URL.

Reading never loses a byte: pyserial's own `read(n)` drops what it had already received when the device vanishes, and
its `open` empties the input; here neither happens. Every foreign error leaves as one of drivers.errors.
"""

import contextlib
import errno
import fcntl
import os
import select
import socket
import stat
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import serial

from drivers.errors import DeviceAbsent, DeviceError, DeviceUnanswered

CHUNK = 4096  # bytes per read; a tty never hands over more at once
SLICE = 0.05  # seconds pyserial may block at a time where there is no file descriptor to wait on
USB_PRINTER_MAJOR = 180  # /dev/usb/lp*: written like a line, but no tty (Linux devices.txt)

# termios.error is no OSError, and pyserial refuses settings with ValueError or NotImplementedError.
FOREIGN = (OSError, termios.error, ValueError, NotImplementedError)

REASONS = {
    errno.ENOENT: "non trovata",
    errno.ENODEV: "non collegata",
    errno.ENXIO: "non collegata",
    errno.EIO: "scollegata",
    errno.EACCES: "accesso negato",
    errno.EPERM: "accesso negato",
    errno.EAGAIN: "usata da un altro programma",
    errno.EBUSY: "usata da un altro programma",
    errno.EINVAL: "non accetta questi parametri di linea",
    errno.ECONNREFUSED: "connessione rifiutata",
    errno.ECONNRESET: "connessione interrotta",
    errno.EPIPE: "connessione interrotta",
    errno.EHOSTUNREACH: "non raggiungibile in rete",
    errno.ENETUNREACH: "non raggiungibile in rete",
    errno.ETIMEDOUT: "non risponde",
}


class Link(Protocol):
    """A two-way line of bytes that is already open."""

    def read(self, *, timeout: float) -> bytes:
        """Whatever is there, at once; else what first arrives within `timeout` seconds, b"" if nothing does.

        Raises DeviceUnanswered when the line is gone; bytes received before that were returned by earlier calls.
        """
        ...

    def write(self, data: bytes, *, timeout: float) -> None:
        """Hand over all of `data` within `timeout` seconds.

        Raises DeviceUnanswered when the line is gone or stays blocked: a part may have left all the same. How much
        nobody can say: what the system took may still wait in its queue, and is not what the device received.
        """
        ...

    def close(self) -> None:
        """Let go of the line. May be called twice; raises nothing."""
        ...


@dataclass(frozen=True)
class LineSettings:
    """Where a line is and how it is set, in pyserial's own words.

    `port` is a device path (a symbolic link is fine), `socket://HOST:PORT` or its twin `tcp://HOST:PORT`, or
    any other pyserial URL such as `rfc2217://HOST:PORT`. Pseudo-terminals take 8N1 only.
    """

    port: str
    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False
    dtr: bool = True
    rts: bool = True


@contextlib.contextmanager
def translated(port: str, into: type[DeviceError]) -> Iterator[None]:
    """Turn every error that a port can raise into `into`, with one sentence that names the port."""
    try:
        yield
    except FOREIGN as error:
        reason = REASONS.get(getattr(error, "errno", None) or _first_number(error), "non risponde")
        raise into(f"Porta {port} {reason}: controllare alimentazione e cavo.") from error


def _first_number(error: BaseException) -> int:
    """Return the errno of a termios.error, which keeps it in its arguments only."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


class DescriptorLink:
    """A line behind a file descriptor: tty, socket or USB printer. `release` closes it."""

    def __init__(
        self, descriptor: int, release: Callable[[], None], *, port: str, monotonic: Callable[[], float]
    ) -> None:
        self._descriptor: int | None = descriptor
        self._release = release
        self._port = port
        self._monotonic = monotonic

    def read(self, *, timeout: float) -> bytes:
        """See Link.read."""
        with translated(self._port, DeviceUnanswered):
            readable, _, _ = select.select([self._open_descriptor()], [], [], max(timeout, 0.0))
            if not readable:
                return b""
            with contextlib.suppress(BlockingIOError):
                return os.read(self._open_descriptor(), CHUNK) or self._gone()
            return b""

    def write(self, data: bytes, *, timeout: float) -> None:
        """See Link.write."""
        deadline = self._monotonic() + timeout
        rest = memoryview(data)
        with translated(self._port, DeviceUnanswered):
            while rest:
                self._wait_writable(deadline)
                with contextlib.suppress(BlockingIOError):
                    rest = rest[os.write(self._open_descriptor(), rest) :]

    def discard_unsent(self) -> None:
        """See discard_unsent."""
        with contextlib.suppress(*FOREIGN):
            termios.tcflush(self._open_descriptor(), termios.TCOFLUSH)

    def close(self) -> None:
        """See Link.close."""
        if self._descriptor is not None:
            self._descriptor = None
            with contextlib.suppress(*FOREIGN):
                self._release()

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise OSError(errno.ENODEV, "closed")
        return self._descriptor

    def _wait_writable(self, deadline: float) -> None:
        left = max(deadline - self._monotonic(), 0.0)
        _, writable, _ = select.select([], [self._open_descriptor()], [], left)
        if not writable:
            raise OSError(errno.ETIMEDOUT, "blocked")

    def _gone(self) -> bytes:
        raise OSError(errno.EIO, "end of file: the device was unplugged or the peer closed")


class SerialPort(Protocol):
    """What pyserial's classes have in common, native or remote."""

    @property
    def in_waiting(self) -> int:
        """Bytes received and not yet read."""
        ...

    def open(self) -> None:
        """Open with the settings given before."""
        ...

    def read(self, size: int = 1, /) -> bytes:
        """Read `size` bytes, fewer at a timeout."""
        ...

    def write(self, data: bytes, /) -> int | None:
        """Write all of `data`."""
        ...

    def close(self) -> None:
        """Close."""
        ...


class PortLink:
    """A line behind a pyserial object that has no file descriptor (rfc2217://, loop://, spy://)."""

    def __init__(self, port: SerialPort, *, name: str, monotonic: Callable[[], float]) -> None:
        self._port = port
        self._name = name
        self._monotonic = monotonic

    def read(self, *, timeout: float) -> bytes:
        """See Link.read. Waits in slices, because setting a timeout would negotiate the whole line anew."""
        deadline = self._monotonic() + timeout
        with translated(self._name, DeviceUnanswered):
            while not self._port.in_waiting and self._monotonic() + SLICE < deadline:
                if data := self._port.read(1):
                    return data
            return self._port.read(self._port.in_waiting or (1 if timeout > 0 else 0))

    def write(self, data: bytes, *, timeout: float) -> None:  # noqa: ARG002 - pyserial's own limit of 5 s rules here
        """See Link.write."""
        with translated(self._name, DeviceUnanswered):
            self._port.write(data)

    def close(self) -> None:
        """See Link.close."""
        with contextlib.suppress(*FOREIGN):
            self._port.close()


def discard_unsent(link: Link) -> None:
    """Forget what a blocked line was given and has not sent; then closing it does not wait half a minute for that.

    Only a tty has such a queue; other lines are left as they are. Raises nothing.
    """
    if isinstance(link, DescriptorLink):
        link.discard_unsent()


def open_link(settings: LineSettings, *, timeout: float, monotonic: Callable[[], float] = time.monotonic) -> Link:
    """Open a line exclusively, leaving in it what already waits there. Raises DeviceAbsent.

    Connecting to a socket takes at most `timeout` seconds; to a remote serial port pyserial allows 5 s of its own.
    """
    opener = OPENERS.get(urlsplit(settings.port).scheme, _open_serial)
    with translated(settings.port, DeviceAbsent):
        return opener(settings, timeout, monotonic)


def _open_socket(settings: LineSettings, timeout: float, monotonic: Callable[[], float]) -> Link:
    parts = urlsplit(settings.port)
    connection = socket.create_connection((parts.hostname or "", parts.port or 0), timeout)
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return DescriptorLink(connection.fileno(), connection.close, port=settings.port, monotonic=monotonic)


def _open_path(settings: LineSettings, timeout: float, monotonic: Callable[[], float]) -> Link:
    facts = Path(settings.port).stat()
    if stat.S_ISCHR(facts.st_mode) and os.major(facts.st_rdev) == USB_PRINTER_MAJOR:
        return _open_plain(settings, monotonic)
    return _open_serial(settings, timeout, monotonic)


def _open_plain(settings: LineSettings, monotonic: Callable[[], float]) -> Link:
    descriptor = os.open(settings.port, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return DescriptorLink(descriptor, lambda: os.close(descriptor), port=settings.port, monotonic=monotonic)


def _open_serial(settings: LineSettings, _timeout: float, monotonic: Callable[[], float]) -> Link:
    port = serial.serial_for_url(
        settings.port,
        do_not_open=True,
        baudrate=settings.baudrate,
        bytesize=settings.bytesize,
        parity=settings.parity,
        stopbits=settings.stopbits,
        rtscts=settings.rtscts,
        xonxoff=settings.xonxoff,
        timeout=SLICE,
    )
    port.dtr, port.rts = settings.dtr, settings.rts
    vars(port).update(reset_input_buffer=_keep_input, _reset_input_buffer=_keep_input)
    if type(port) is not serial.Serial:  # remote and test ports: no file descriptor, no lock
        return _opened_port(port, settings.port, monotonic)
    port.exclusive = True
    port.open()
    return DescriptorLink(port.fileno(), port.close, port=settings.port, monotonic=monotonic)


def _opened_port(port: SerialPort, name: str, monotonic: Callable[[], float]) -> Link:
    port.open()
    return PortLink(port, name=name, monotonic=monotonic)


def _keep_input() -> None:
    """Stand in for pyserial's emptying of the input at open: a late approval may be waiting there."""


OPENERS: dict[str, Callable[[LineSettings, float, Callable[[], float]], Link]] = {
    "": _open_path,
    "socket": _open_socket,
    "tcp": _open_socket,
}
