"""A process of our own at the other end of a pipe, so that a decoder that crashes or hangs takes nothing else down.

Spawned, not forked: it shares nothing with us but the pipe. It ends when the pipe does.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


class Spawned:
    """Runs `target(connection, *arguments)` in a process; `connection` is our end of the pipe."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    def end(self) -> None:
        """Kill it and let go of the pipe. May be called twice."""
        self.connection.close()
        self._process.kill()
        self._process.join()
