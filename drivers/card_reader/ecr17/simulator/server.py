"""The double on a real line, answering from a thread of its own or from the caller's."""

import os
import select
import threading
import time
from collections.abc import Callable
from typing import Self

from drivers.card_reader.ecr17.simulator.endpoints import Endpoint
from drivers.card_reader.ecr17.simulator.outbox import LineEvent, Output
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal

LONGEST_WAIT = 0.5  # seconds between two looks at the stop flag, should a wake-up get lost


class CardReaderDouble:
    """A simulated reader on an endpoint, in a thread of its own. `with` gives it and ends it."""

    def __init__(
        self, terminal: SimulatedTerminal, endpoint: Endpoint, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.terminal = terminal
        self._endpoint = endpoint
        self._monotonic = monotonic
        self._stopped = threading.Event()
        self._wake_reader, self._wake_writer = -1, -1
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> str:
        """Return the port as a profile names it."""
        return self._endpoint.name

    def __enter__(self) -> Self:
        """Be reachable, and answer from a thread."""
        self.open()
        self._thread = threading.Thread(target=self.run, name="card-reader-double", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering and be gone."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self.close()

    def open(self) -> None:
        """Be reachable. Raises OSError when the name or the port cannot be had."""
        self._endpoint.open()
        self._wake_reader, self._wake_writer = os.pipe()

    def close(self) -> None:
        """Be gone."""
        self._endpoint.close()
        for descriptor in (self._wake_reader, self._wake_writer):
            os.close(descriptor)

    def stop(self) -> None:
        """Make `run` return; may be called from a signal handler."""
        self._stopped.set()
        os.write(self._wake_writer, b"x")

    def unplug(self) -> None:
        """Pull the cable from another thread: the line breaks and comes back by its name."""
        os.write(self._wake_writer, b"u")

    def run(self) -> None:
        """Answer until `stop`."""
        while not self._stopped.is_set():
            for descriptor in self._wait():
                self._serve(descriptor)
            for output in self.terminal.emit(self._monotonic()):
                self._leave(output)

    def _wait(self) -> list[int]:
        due = self.terminal.due
        wait = LONGEST_WAIT if due is None else min(max(due - self._monotonic(), 0.0), LONGEST_WAIT)
        readable, _, _ = select.select([self._wake_reader, *self._endpoint.descriptors()], [], [], wait)
        return readable

    def _serve(self, descriptor: int) -> None:
        if descriptor == self._wake_reader:
            if os.read(self._wake_reader, 1) == b"u":
                self._leave(LineEvent.BROKEN)
        elif data := self._endpoint.read(descriptor):
            self.terminal.receive(data, self._monotonic())

    def _leave(self, output: Output) -> None:
        if isinstance(output, bytes):
            self._endpoint.write(output)
            return
        self.terminal.line_lost()
        if self._endpoint.end(output) and not self._stopped.wait(self.terminal.replug_after):
            self._endpoint.open()
