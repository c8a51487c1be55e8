"""How another command asks the running terminal: one line of JSON each way over a socket beside the journal.

The loop does what was asked between two payments, so that nothing else touches the devices and no command waits for
the lock that `run` holds. Only the user who runs the terminal can open the socket.
"""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from pos_app.errors import UserError

IN_USE = 8
PATIENCE = 180.0  # seconds for the payment at the counter to end, and for what was asked
_SLICE = 0.5
_LARGEST = 65536  # bytes
_NAME = "control"


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, what it says, and whether that is an error."""

    code: int
    text: str
    is_error: bool = False


@dataclass
class Request:
    """A command that somebody waits for. `take` says whether they still do; then it must be answered."""

    name: str
    arguments: Mapping[str, str]
    _answer: SimpleQueue[Done] = field(default_factory=SimpleQueue)
    _claim: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Claim it: True once, for the loop that will do it or for whoever gave up waiting."""
        return self._claim.acquire(blocking=False)

    def answer(self, done: Done) -> None:
        """Hand over how it ended."""
        self._answer.put(done)

    def answered(self, timeout: float) -> Done | None:
        """The answer, if it comes in `timeout` seconds."""
        with suppress(Empty):
            return self._answer.get(timeout=timeout)
        return None


class Requests:
    """What other commands ask of this terminal. `ring` wakes the loop, which then takes them one by one."""

    def __init__(self, listening: socket.socket, ring: Callable[[], None]) -> None:
        self._listening = listening
        self._ring = ring
        self._waiting: SimpleQueue[Request] = SimpleQueue()

    @classmethod
    @contextmanager
    def heard(cls, state_dir: Path, ring: Callable[[], None]) -> Iterator[Self]:
        """Listen in `state_dir`, whose lock we hold: what another process left there is stale."""
        (state_dir / _NAME).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening, _short(state_dir) as path:
            before = os.umask(0o177)
            try:
                listening.bind(path)
            finally:
                os.umask(before)
            listening.listen()
            try:
                yield cls(listening, ring)
            finally:
                (state_dir / _NAME).unlink(missing_ok=True)

    def serve(self, stop: threading.Event) -> None:
        """Hear one after the other until `stop`: a thread's work."""
        self._listening.settimeout(_SLICE)
        while not stop.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                with connection, suppress(OSError, ValueError):
                    self._hear(connection, stop)

    def next(self) -> Request | None:
        """The next that somebody still waits for; None when there is none."""
        with suppress(Empty):
            while True:
                request = self._waiting.get_nowait()
                if request.take():
                    return request
        return None

    def _hear(self, connection: socket.socket, stop: threading.Event) -> None:
        connection.settimeout(_SLICE)
        request = _request(_line(connection))
        self._waiting.put(request)
        self._ring()
        done = None
        while done is None:
            done = request.answered(_SLICE)
            if done is None and (stop.is_set() or _has_gone(connection)) and request.take():
                return
        connection.sendall(json.dumps(asdict(done)).encode() + b"\n")


def _request(line: bytes) -> Request:
    match json.loads(line):
        case {"name": str(name), "arguments": dict(arguments)}:
            return Request(name, {str(key): str(value) for key, value in arguments.items()})
    raise ValueError("a request is {name, arguments}")


def ask(state_dir: Path, name: str, arguments: Mapping[str, str], *, patience: float = PATIENCE) -> Done | None:
    """Let the running terminal do it; None where none runs that listens. Raises UserError when it has no time."""
    with socket.socket(socket.AF_UNIX) as connection, _short(state_dir) as path:
        connection.settimeout(patience)
        try:
            connection.connect(path)
        except OSError:
            return None
        try:
            connection.sendall(json.dumps({"name": name, "arguments": dict(arguments)}).encode() + b"\n")
            told: dict[str, Any] = json.loads(_line(connection))
        except (OSError, ValueError) as error:
            raise UserError("The running terminal did not do it: it is busy, or has just ended.", IN_USE) from error
    return Done(**told)


def _line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) <= _LARGEST:
        received = connection.recv(_LARGEST)
        if not received:
            break
        data += received
    return data


def _has_gone(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


@contextmanager
def _short(state_dir: Path) -> Iterator[str]:
    """The socket's path, however deep the folder lies: a socket's own path may have 107 bytes."""
    try:
        folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield str(state_dir / _NAME)[:100]
        return
    try:
        yield f"/proc/self/fd/{folder}/{_NAME}"
    finally:
        os.close(folder)
