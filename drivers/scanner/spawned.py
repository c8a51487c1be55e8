"""A process of our own at the other end of a pipe, so that a decoder that crashes or hangs takes nothing else down.

Spawned, not forked: it shares nothing with us but the pipe. It ends when the pipe does. Only where we are one thread
and nothing is open yet may it be forked, which takes a hundredth of the time: for a single picture of the command line.
"""

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


class Spawned:
    """Runs `target(connection, *arguments)` in a process; `connection` is our end of the pipe.

    `at_once`: forked where that is safe.
    """

    def __init__(self, target: Callable[..., None], *arguments: Any, at_once: bool = False) -> None:
        is_safe = at_once and threading.active_count() == 1
        context = multiprocessing.get_context("fork") if is_safe else multiprocessing.get_context("spawn")
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
