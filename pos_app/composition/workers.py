"""Threads beside the payment loop. What ends one unexpectedly ends the terminal too (reliability.md 3, X9)."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Work = Callable[[threading.Event], None]


class Worker:
    """`work` in a thread of its own, until its event is set: on leaving, which waits for it to end."""

    def __init__(self, name: str, work: Work) -> None:
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop, and wait for it."""
        self._stop.set()
        self._thread.join()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except BaseException as failure:  # noqa: BLE001 - whatever it is, it is told by `check`
            self._failure = failure
