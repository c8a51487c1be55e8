"""The people in front of a campaign's terminal: who pays, who sells, and what they do at the wrong moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from drivers.contracts import ScannedCode
from pos_app.counter import Answer, Question, Reply, View
from pos_app.testing.campaign.clock import LEAST, WorldClock
from pos_app.testing.campaign.life import Life
from pos_app.testing.campaign.witness import Witness
from pos_app.testing.counter import WILLING

_ANYTHING: tuple[Answer | None, ...] = (*Answer, None)


@dataclass
class Habits:
    """How they answer: by `answers`, after `seconds`; of a hundred answers, `fickle` are anything."""

    answers: dict[Question, Answer] = field(default_factory=lambda: dict(WILLING))
    seconds: float = 1.0
    fickle: int = 0
    intrusions: list[Reply | ScannedCode] = field(default_factory=list)  # come first, at the next question


class Aside:
    """The screen of whoever works beside the counter: seen, but what the counter shows stays."""

    witness: Witness | None = None

    def show(self, view: View) -> None:
        """See Screen.show."""
        if self.witness is not None:
            self.witness.shows(view)


class People:
    """Screen and inbox in one. `looked` is called when something was shown: another thread may come in between."""

    def __init__(
        self, habits: Habits, clock: WorldClock, life: Life, random: Random, looked: Callable[[], None]
    ) -> None:
        self._habits = habits
        self._clock = clock
        self._life = life
        self._random = random
        self._looked = looked
        self.aside = Aside()
        self._witness: Witness | None = None
        self._view: View | None = None
        self._asked_at = 0.0

    @property
    def view_number(self) -> int:
        """The number of what is on the screen."""
        return self._view.number if self._view else 0

    def watch(self, witness: Witness) -> None:
        """Let the witness see the screen too."""
        self._witness = self.aside.witness = witness

    def show(self, view: View) -> None:
        """See Screen.show."""
        self._view, self._asked_at = view, self._clock.now
        if self._witness is not None:
            self._witness.shows(view)
        self._looked()

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """See Inbox.next."""
        self._life.point("ask")
        timeout = max(timeout, LEAST)
        view = self._view
        if view is None or view.question is None:
            self._clock.advance(timeout)
            return None
        if self._habits.intrusions:
            self._clock.advance(min(timeout, 0.2))
            return self._habits.intrusions.pop(0)
        return self._reply(view, view.question, timeout)

    def _reply(self, view: View, question: Question, timeout: float) -> Reply | None:
        thinking = self._habits.seconds - (self._clock.now - self._asked_at)
        answer = self._answer(question) if thinking <= timeout else None
        self._clock.advance(timeout if answer is None else max(0.0, thinking))
        if self._witness is not None and answer is not None:
            self._witness.tell("people", f"{question.value}: {answer.value}")
        return None if answer is None else Reply(view.number, answer)

    def _answer(self, question: Question) -> Answer | None:
        if self._habits.fickle and self._random.randrange(100) < self._habits.fickle:
            return self._random.choice(_ANYTHING)
        answers: Mapping[Question, Answer] = self._habits.answers
        return answers.get(question)
