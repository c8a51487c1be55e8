"""The counter on a plain terminal: a line a state, questions with one letter. The counter's screen comes later.

Everything goes to one text stream (standard error), so that results alone stand on standard output.
"""

import time
from collections.abc import Mapping
from typing import TextIO

from drivers.contracts import ScannedCode
from pos_app.counter import Answer, Question, Reply, View
from pos_app.domain.money import to_euro
from pos_app.domain.payment import Payment
from pos_app.domain.states import State
from pos_app.texts import Texts
from pos_app.ui import words


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


class Aside:
    """A screen for what goes on in the background: a line when a payment has moved; what the counter shows stays."""

    def __init__(self, screen: ConsoleScreen, say: Texts) -> None:
        self._screen = screen
        self._say = say
        self._shown: dict[str, State] = {}

    def show(self, view: View) -> None:
        """See Screen. Any thread may call it."""
        payment = view.payment
        if payment is not None and self._shown.get(payment.id) is not payment.state:
            self._shown[payment.id] = payment.state
            self._screen.tell(f"  ({payment.operation} {words.standing(payment, self._say)})")


class ReadyAnswers:
    """An inbox that answers at once, by a table; what it does not know it lets time out (`pay --yes`, `recover`)."""

    def __init__(self, screen: ConsoleScreen, answers: Mapping[Question, Answer]) -> None:
        self._screen = screen
        self._answers = answers

    def end(self) -> None:
        """The table goes on answering: what has begun comes to its end by itself."""

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """See Inbox."""
        view = self._screen.view
        answer = self._answers.get(view.question) if view and view.question else None
        if view is None or answer is None:
            time.sleep(timeout)
            return None
        return Reply(view.number, answer)
