"""The counter's inbox on a plain terminal: the keyboard, and what a scanner saw."""

import os
import select
import threading
import weakref
from collections.abc import Sequence

from drivers.contracts import ScannedCode, Symbology
from drivers.scanner.codes import scanned
from pos_app.counter import Answer, Reply
from pos_app.ui.console import ConsoleScreen

# One letter each, first in Italian: sì, no, dopo.
_LETTERS = {b"s": Answer.YES, b"y": Answer.YES, b"n": Answer.NO, b"d": Answer.LATER, b"l": Answer.LATER}
_LARGEST_LINE = 4096


class Keyboard:
    """An inbox on a file descriptor: a letter and Enter answers, anything longer is a code (typed or by a wedge).

    At the end of input every question is answered as nobody would: NO, or LATER where that is possible. A scanner's
    thread may `hold_up` what it sees; `next` then returns at once, and `held_up` has it.
    """

    def __init__(self, screen: ConsoleScreen, descriptor: int) -> None:
        self._screen = screen
        self._descriptor = descriptor
        self._buffer = b""
        self._seen: Sequence[ScannedCode] = ()
        self._seeing = threading.Lock()
        self._hears, self._bell = os.pipe()
        weakref.finalize(self, _close, self._hears, self._bell)
        self.ended = False

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """See Inbox; None before its time when a scanner has seen something."""
        line = self._line(timeout)
        if line is None:
            return self._reply(Answer.NO) if self.ended else None
        answer = _LETTERS.get(line.lower())
        if answer is not None:
            return self._reply(answer)
        return scanned(line, Symbology.TYPED) if line else None

    def hold_up(self, codes: Sequence[ScannedCode]) -> None:
        """What a scanner sees now, instead of what it saw before. Any thread may call it."""
        with self._seeing:
            is_first, self._seen = not self._seen, codes
        if is_first:
            self.ring()

    def end(self) -> None:
        """As if the input had ended."""
        self.ended = True
        self.ring()

    def ring(self) -> None:
        """Let `next` return at once: there is something else to do. Any thread may call it."""
        os.write(self._bell, b"!")

    def held_up(self) -> Sequence[ScannedCode]:
        """What was held up since the last call, nearest to the aim first; empty when nothing was."""
        with self._seeing:
            seen, self._seen = self._seen, ()
        return seen

    def _reply(self, answer: Answer) -> Reply | None:
        view = self._screen.view
        return Reply(view.number, answer) if view and view.question else None

    def _line(self, timeout: float) -> bytes | None:
        if b"\n" not in self._buffer and not self.ended:
            readable, _, _ = select.select([self._descriptor, self._hears], [], [], timeout)
            if self._hears in readable:
                os.read(self._hears, _LARGEST_LINE)
            if self._descriptor in readable:
                data = os.read(self._descriptor, _LARGEST_LINE)
                self.ended = not data
                self._buffer = (self._buffer + data)[-_LARGEST_LINE:]
        if b"\n" not in self._buffer:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.strip(b"\r")


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
