"""The counter on a plain terminal: a line a state, questions with one letter. The counter's screen comes later.

Everything goes to one text stream (standard error), so that results alone stand on standard output.
"""

import os
import select
import time
from collections.abc import Mapping
from typing import TextIO

from drivers.contracts import ScannedCode, Symbology
from pos_app.counter import Answer, Question, Reply, View
from pos_app.domain.money import to_euro
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.texts import Texts
from pos_app.ui import words

# One letter each, first in Italian: sì, no, dopo.
_LETTERS = {"s": Answer.YES, "y": Answer.YES, "n": Answer.NO, "d": Answer.LATER, "l": Answer.LATER}
_LARGEST_LINE = 4096


class ConsoleScreen:
    """Shows each new state once, and each question. `trial` says whether money is real (money rule 11)."""

    def __init__(self, stream: TextIO, say: Texts, *, trial: bool = False) -> None:
        self._stream = stream
        self._say = say
        self.trial = trial
        self._shown: tuple[str, State] | None = None
        self.view: View | None = None

    def show(self, view: View) -> None:
        """See Screen."""
        self.view = view
        payment = view.payment
        if payment is None:
            return
        if (payment.id, payment.state) != self._shown:
            self._shown = (payment.id, payment.state)
            self._line(f"{payment.state.label:<16} {words.standing(payment, self._say)}")
        if view.question is not None:
            self._ask(view, payment)

    def tell(self, sentence: str) -> None:
        """One sentence beside the payments."""
        self._line(sentence)

    def _ask(self, view: View, payment: Payment) -> None:
        for warning in view.warnings:
            self._line(f"  ! {warning}")
        if view.question is Question.CONFIRM:
            self._describe(view, payment)
        self._line(f"  ? {words.question(view, self._say)}")

    def _describe(self, view: View, payment: Payment) -> None:
        rows = (
            ("company", payment.company_name),
            ("description", payment.description),
            ("amount", to_euro(payment.amount)),
            ("fee", to_euro(view.total - payment.amount)),
            ("total_due", to_euro(view.total)),
        )
        for label, value in rows:
            if value:
                self._line(f"    {self._say(f'label.{label}'):<16} {value}")

    def _line(self, text: str) -> None:
        mark = f"[{self._say('receipt.trial')}] " if self.trial else ""
        self._stream.write(f"{mark}{text}\n")
        self._stream.flush()


class ReadyAnswers:
    """An inbox that answers at once, by a table; what it does not know it lets time out (`pay --yes`, `recover`)."""

    def __init__(self, screen: ConsoleScreen, answers: Mapping[Question, Answer]) -> None:
        self._screen = screen
        self._answers = answers

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """See Inbox."""
        view = self._screen.view
        answer = self._answers.get(view.question) if view and view.question else None
        if view is None or answer is None:
            time.sleep(timeout)
            return None
        return Reply(view.number, answer)


class Keyboard:
    """An inbox on a file descriptor: a letter and Enter answers, anything longer is a code (typed or by a wedge).

    At the end of input every question is answered as nobody would: NO, or LATER where that is possible.
    """

    def __init__(self, screen: ConsoleScreen, descriptor: int) -> None:
        self._screen = screen
        self._descriptor = descriptor
        self._buffer = b""
        self.ended = False

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """See Inbox."""
        line = self._line(timeout)
        if line is None:
            return self._reply(Answer.NO) if self.ended else None
        answer = _LETTERS.get(line.lower())
        if answer is not None:
            return self._reply(answer)
        return ScannedCode(line, Symbology.TYPED) if line else None

    def _reply(self, answer: Answer) -> Reply | None:
        view = self._screen.view
        return Reply(view.number, answer) if view and view.question else None

    def _line(self, timeout: float) -> str | None:
        if b"\n" not in self._buffer and not self.ended:
            readable, _, _ = select.select([self._descriptor], [], [], timeout)
            if readable:
                data = os.read(self._descriptor, _LARGEST_LINE)
                self.ended = not data
                self._buffer = (self._buffer + data)[-_LARGEST_LINE:]
        if b"\n" not in self._buffer:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "backslashreplace").strip("\r")
