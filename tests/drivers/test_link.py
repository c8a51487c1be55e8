"""The byte line: nothing received is ever lost, and every foreign error has one of our names."""

import contextlib
import os
import pty
import socket
import struct
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
import serial.rfc2217

from drivers.errors import DeviceAbsent, DeviceUnanswered
from drivers.link import DescriptorLink, LineSettings, Link, _open_plain, discard_unsent, open_link


class PseudoTerminal:
    """Both ends of a pseudo-terminal; the far end is ours, the near end has a name under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.master, self.slave = pty.openpty()
        self.path = folder / "line"
        self.path.symlink_to(os.ttyname(self.slave))

    def unplug(self) -> None:
        for descriptor in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    ends = PseudoTerminal(tmp_path)
    yield ends
    ends.unplug()


@pytest.fixture
def line(terminal: PseudoTerminal) -> Iterator[Link]:
    link = open_link(LineSettings(str(terminal.path)), timeout=1)
    yield link
    link.close()


def test_what_waits_at_open_is_kept(terminal: PseudoTerminal) -> None:
    raw = termios.tcgetattr(terminal.slave)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(terminal.slave, termios.TCSANOW, raw)
    os.write(terminal.master, b"late approval")
    link = open_link(LineSettings(str(terminal.path)), timeout=1)
    assert link.read(timeout=1) == b"late approval"
    link.close()


def test_read_returns_whatever_is_there_and_nothing_at_its_timeout(terminal: PseudoTerminal, line: Link) -> None:
    assert line.read(timeout=0) == b""
    os.write(terminal.master, b"\x06\x03\x7a")
    assert line.read(timeout=1) == b"\x06\x03\x7a"
    assert line.read(timeout=0.01) == b""


def test_every_byte_value_passes_unchanged_both_ways(terminal: PseudoTerminal, line: Link) -> None:
    every = bytes(range(256))
    line.write(every, timeout=1)
    assert os.read(terminal.master, 1024) == every
    os.write(terminal.master, every)
    assert line.read(timeout=1) == every


def test_an_unplugged_device_is_unanswered_for_reading_and_writing(terminal: PseudoTerminal, line: Link) -> None:
    terminal.unplug()
    with pytest.raises(DeviceUnanswered, match="controllare alimentazione e cavo"):
        line.read(timeout=0.2)
    with pytest.raises(DeviceUnanswered):
        line.write(b"x", timeout=0.2)


def test_a_device_that_takes_nothing_more_is_unanswered_in_time(line: Link) -> None:
    began = time.monotonic()
    with pytest.raises(DeviceUnanswered, match="non risponde"):
        line.write(bytes(1_000_000), timeout=0.1)
    assert time.monotonic() - began < 2


def test_what_a_blocked_line_has_not_sent_can_be_forgotten(line: Link) -> None:
    with pytest.raises(DeviceUnanswered, match="non risponde"):
        line.write(b"x" * 100_000, timeout=0.1)
    with pytest.raises(DeviceUnanswered, match="non risponde"):
        line.write(b"x", timeout=0.1)
    discard_unsent(line)
    line.write(b"y", timeout=1)


def test_a_line_without_a_queue_of_its_own_forgets_nothing() -> None:
    near, far = socket.socketpair()
    with near, far:
        link = DescriptorLink(near.fileno(), near.close, port="pair", monotonic=time.monotonic)
        link.write(b"sent", timeout=1)
        discard_unsent(link)
        assert far.recv(10) == b"sent"
        link.close()
        discard_unsent(link)


def test_a_closed_link_may_be_closed_again_and_reads_no_more(line: Link) -> None:
    line.close()
    line.close()
    with pytest.raises(DeviceUnanswered):
        line.read(timeout=0)


def test_a_port_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsent, match="non trovata"):
        open_link(LineSettings(str(tmp_path / "none")), timeout=1)


def test_a_port_is_ours_alone(terminal: PseudoTerminal, line: Link) -> None:
    with pytest.raises(DeviceAbsent, match="usata da un altro programma"):
        open_link(LineSettings(str(terminal.path)), timeout=1)


def test_settings_that_a_port_refuses_are_absent_not_a_traceback(terminal: PseudoTerminal) -> None:
    for settings in (LineSettings(str(terminal.path), parity="?"), LineSettings("nonsense://x")):
        with pytest.raises(DeviceAbsent):
            open_link(settings, timeout=1)


def test_the_same_line_can_be_opened_again_by_its_name_after_it_moved(tmp_path: Path) -> None:
    first, second = PseudoTerminal(tmp_path), pty.openpty()
    open_link(LineSettings(str(first.path)), timeout=1).close()
    first.path.unlink()
    first.path.symlink_to(os.ttyname(second[1]))
    link = open_link(LineSettings(str(first.path)), timeout=1)
    os.write(second[0], b"here")
    assert link.read(timeout=1) == b"here"
    link.close()
    first.unplug()
    for descriptor in second:
        os.close(descriptor)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize("scheme", ["socket", "tcp"])
def test_a_tcp_device_is_a_line_like_any_other(server: socket.socket, scheme: str) -> None:
    link = open_link(LineSettings(f"{scheme}://127.0.0.1:{server.getsockname()[1]}"), timeout=1)
    peer, _ = server.accept()
    with peer:
        peer.sendall(b"\x06\x03\x7a")
        assert link.read(timeout=1) == b"\x06\x03\x7a"
        link.write(b"abc", timeout=1)
        assert peer.recv(10) == b"abc"
    with pytest.raises(DeviceUnanswered):
        link.read(timeout=1)
    link.close()


def test_a_reset_connection_is_unanswered(server: socket.socket) -> None:
    link = open_link(LineSettings(f"socket://127.0.0.1:{server.getsockname()[1]}"), timeout=1)
    peer, _ = server.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    with pytest.raises(DeviceUnanswered, match="connessione interrotta"):
        link.read(timeout=1)
    link.close()


def test_a_refused_connection_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeviceAbsent, match="connessione rifiutata"):
        open_link(LineSettings(f"socket://127.0.0.1:{port}"), timeout=1)


def test_a_pyserial_url_without_a_descriptor_works_too() -> None:
    link = open_link(LineSettings("loop://", bytesize=7, parity="E"), timeout=1)
    assert link.read(timeout=0.1) == b""
    assert link.read(timeout=0) == b""
    link.write(b"round", timeout=1)
    assert link.read(timeout=1) == b"round"
    link.close()
    with pytest.raises(DeviceUnanswered):
        link.read(timeout=0)


class RemotePort:
    """A remote serial port (RFC 2217) whose device returns what it is sent."""

    def __init__(self) -> None:
        self.device = serial.serial_for_url("loop://", timeout=0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            wire = SimpleNamespace(write=connection.sendall)
            manager = serial.rfc2217.PortManager(self.device, wire)  # type: ignore[arg-type]
            while data := connection.recv(1024):
                self.device.write(b"".join(manager.filter(data)))
                if echoed := self.device.read(1024):
                    connection.sendall(b"".join(manager.escape(echoed)))

    def close(self) -> None:
        self.listener.close()
        self.thread.join()
        self.device.close()


@pytest.mark.filterwarnings("ignore:set.* is deprecated:DeprecationWarning")  # pyserial 3.5's own threads
def test_line_settings_reach_a_remote_device() -> None:
    remote = RemotePort()
    link = open_link(LineSettings(remote.url, baudrate=1200, bytesize=7, parity="E"), timeout=1)
    assert (remote.device.baudrate, remote.device.bytesize, remote.device.parity) == (1200, 7, "E")
    link.write(b"round \xff", timeout=1)
    heard = b""
    while len(heard) < 7:
        heard += link.read(timeout=1)
    assert heard == b"round \xff"
    link.close()
    remote.close()


def test_a_usb_printer_is_a_line_without_line_settings(terminal: PseudoTerminal) -> None:
    settings = LineSettings(str(terminal.path))
    link = _open_plain(settings, time.monotonic)
    link.write(b"x", timeout=1)
    assert os.read(terminal.master, 10) == b"x"
    with pytest.raises(OSError, match="temporarily unavailable"):
        _open_plain(settings, time.monotonic)
    link.close()


def test_a_descriptor_link_releases_what_it_was_given() -> None:
    released: list[str] = []
    near, far = socket.socketpair()
    with near, far:
        link = DescriptorLink(near.fileno(), lambda: released.append("yes"), port="pair", monotonic=time.monotonic)
        link.close()
        link.close()
    assert released == ["yes"]
