"""People at a counter who answer at once, and a screen that remembers."""

from collections.abc import Mapping

from drivers.contracts import ScannedCode
from pos_app.counter import Answer, Question, Reply, View
from pos_app.testing.clock import VirtualClock
from pos_app.testing.faults import Misfortune

WILLING: Mapping[Question, Answer] = {
    Question.CONFIRM: Answer.YES,
    Question.CHANGED_AMOUNT: Answer.YES,
    Question.ANOTHER_CARD: Answer.NO,
    Question.PRINTER_NOT_READY: Answer.LATER,
    Question.COPY_UNPROVEN: Answer.LATER,
    Question.REVERSAL: Answer.YES,
}


_ANYTHING = (*Answer, None)


class People:
    """Screen and inbox in one: whoever sees a question answers it by `answers`; misfortune makes them fickle."""

    def __init__(
        self, clock: VirtualClock, misfortune: Misfortune, answers: Mapping[Question, Answer] = WILLING
    ) -> None:
        self._clock = clock
        self._misfortune = misfortune
        self.answers = dict(answers)
        self.views: list[View] = []

    def show(self, view: View) -> None:
        """Remember it."""
        self.views.append(view)

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """The answer to what is on the screen, a second later; or nothing, when the time is over."""
        view = self.views[-1]
        answer = self._answer(view.question)
        self._clock.advance(timeout if answer is None else min(timeout, 1.0))
        return None if answer is None else Reply(view.number, answer)

    def _answer(self, question: Question | None) -> Answer | None:
        if question is None:
            return None
        if self._misfortune.strikes():
            fickle: Answer | None = self._misfortune.random.choice(_ANYTHING)
            return fickle
        return self.answers.get(question)
