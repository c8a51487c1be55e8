"""The counter on a plain terminal: who sees, who answers, and what they are told around a station."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pos_app.composition.station import Station
from pos_app.counter import Answer, Question
from pos_app.errors import UserError
from pos_app.settings import Settings
from pos_app.texts import texts
from pos_app.ui.console import ConsoleScreen, ReadyAnswers
from pos_app.ui.keyboard import Keyboard

UNCERTAIN = 4

# What nobody at the counter needs to be asked: `recover`, and `pay --yes`.
NOBODY: Mapping[Question, Answer] = {
    Question.PRINTER_NOT_READY: Answer.LATER,
    Question.COPY_UNPROVEN: Answer.LATER,
    Question.REVERSAL: Answer.LATER,
    Question.ANOTHER_CARD: Answer.NO,
}


@dataclass(frozen=True)
class Console:
    """Screen and inbox of a plain terminal."""

    screen: ConsoleScreen
    inbox: Keyboard | ReadyAnswers


@dataclass(frozen=True)
class AttendedConsole(Console):
    """A plain terminal with somebody at its keyboard."""

    inbox: Keyboard


def attended(settings: Settings) -> AttendedConsole:
    """A counter where questions are answered at the keyboard."""
    screen = _screen(settings)
    return AttendedConsole(screen, Keyboard(screen, sys.stdin.fileno()))


def answering(settings: Settings, answers: Mapping[Question, Answer]) -> Console:
    """A counter where every question is answered by a table; what is not in it times out."""
    screen = _screen(settings)
    return Console(screen, ReadyAnswers(screen, answers))


def nobody(settings: Settings) -> Console:
    """A counter where nobody stands: every question is put off."""
    return answering(settings, NOBODY)


def _screen(settings: Settings) -> ConsoleScreen:
    return ConsoleScreen(sys.stderr, texts(settings.terminal.language))


@contextmanager
def in_words(here: Station, console: Console) -> Iterator[None]:
    """While a station works: say what is without value, and what to do after Ctrl-C.

    SIGTERM ends no payment: nobody answers questions any more, what the card began is brought to its end, then it ends
    (reliability.md 1, invariant 25). Main thread only.
    """
    console.screen.trial = here.reality.is_trial()
    before = signal.signal(signal.SIGTERM, lambda *_: console.inbox.end())
    try:
        yield
    except KeyboardInterrupt:
        raise UserError("Interrotto: `pos-terminal recover` riprende da qui.", UNCERTAIN) from None
    finally:
        signal.signal(signal.SIGTERM, before)
