"""Every wait of a call ends at its one deadline."""

import socket
import threading
import time

import pytest

from pos_app.psp.deadline import Deadline, TimedSocket, connect


def test_a_deadline_tells_what_is_left_and_never_nothing() -> None:
    now = 100.0
    deadline = Deadline.after(5, lambda: now)
    assert deadline.remaining() == 5
    now = 104.5
    assert deadline.remaining() == 0.5
    now = 105.0
    with pytest.raises(TimeoutError):
        deadline.remaining()


def test_a_connection_waits_no_longer_than_its_deadline_however_it_is_fed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        deadline = Deadline.after(0.3)
        with connect("127.0.0.1", listener.getsockname()[1], deadline) as ours, listener.accept()[0] as theirs:
            ours.settimeout(60)  # as a library may do in between
            started = time.monotonic()

            def drip() -> None:
                for _ in range(100):
                    try:
                        theirs.sendall(b".")
                    except OSError:
                        return
                    time.sleep(0.02)

            thread = threading.Thread(target=drip)
            thread.start()
            with pytest.raises(TimeoutError):
                read_for_ever(ours)
            assert 0.2 < time.monotonic() - started < 1.5
            with pytest.raises(TimeoutError):
                ours.sendall(b"late")
        thread.join(5)


def test_the_next_address_is_tried_where_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as gone:
        refusing, open_port = gone.getsockname()[1], listener.getsockname()[1]
        gone.close()
        monkeypatch.setattr(socket, "getaddrinfo", resolver([refusing, open_port]))
        with connect("psp.example", 443, Deadline.after(5)) as ours:
            assert ours.getpeername()[1] == open_port


def test_the_last_refusal_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        refusing = gone.getsockname()[1]
    monkeypatch.setattr(socket, "getaddrinfo", resolver([refusing, refusing]))
    with pytest.raises(ConnectionRefusedError):
        connect("psp.example", 443, Deadline.after(5))


def test_a_name_without_an_address_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver([]))
    with pytest.raises(OSError, match="no address"):
        connect("psp.example", 443, Deadline.after(5))


def test_a_name_that_is_not_known_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        connect("psp.example", 443, Deadline.after(5))


def test_a_silent_name_server_does_not_hold_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        released.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        connect("psp.example", 443, Deadline.after(0.2))
    assert time.monotonic() - started < 2
    released.set()


def test_a_socket_without_a_deadline_is_an_ordinary_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, TimedSocket() as ours:
        ours.settimeout(5)
        ours.connect(listener.getsockname())
        with listener.accept()[0] as theirs:
            ours.sendall(b"ab")
            assert theirs.recv(2) == b"ab"


def read_for_ever(connection: socket.socket) -> None:
    while True:
        connection.recv_into(bytearray(1))


def resolver(ports: list[int]) -> object:
    """A name service (the system's, not ours) that knows these ports of the loopback."""

    def getaddrinfo(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]

    return getaddrinfo
