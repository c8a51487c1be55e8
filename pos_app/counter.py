"""The two sides of the counter: what the screen is shown, and what comes back from the people in front of it."""

import enum
from dataclasses import dataclass
from typing import Protocol

from drivers.contracts import ScannedCode
from pos_app.domain.payment import Payment


class Question(enum.Enum):
    """What the terminal wants to know; what YES, NO and LATER mean stands behind each."""

    CONFIRM = "confirm"  # YES pay · NO cancel
    CHANGED_AMOUNT = "changed_amount"  # YES accept the new total · NO cancel
    ACTIVATION_UNANSWERED = "activation_unanswered"  # YES wait on · NO give up
    ANOTHER_CARD = "another_card"  # YES try again · NO give up
    OUTCOME_UNANSWERED = "outcome_unanswered"  # YES wait on · LATER park
    PRINTER_NOT_READY = "printer_not_ready"  # YES try again · LATER print another time
    COPY_UNPROVEN = "copy_unproven"  # YES it came out · NO print it again · LATER leave it
    START_AGAIN = "start_again"  # YES activate anew · NO leave it (the token had too little life left)
    REVERSAL = "reversal"  # YES reverse with the same card · LATER make it a case


class Answer(enum.Enum):
    """What a person says to a question."""

    YES = "yes"
    NO = "no"
    LATER = "later"


@dataclass(frozen=True)
class Reply:
    """An answer to the view with that number; an answer to an older view answers nothing."""

    to: int
    answer: Answer


@dataclass(frozen=True)
class View:
    """What the screen shows: a payment as it stands, and perhaps a question. `warnings` are sentences.

    `fee` is the commission that the question is about, in cents, where it is about money; `seconds_left` is the token's
    remaining life, None before there is one.
    """

    number: int
    payment: Payment | None
    question: Question | None = None
    warnings: tuple[str, ...] = ()
    fee: int | None = None
    seconds_left: int | None = None

    @property
    def total(self) -> int:
        """What the question is about, in cents: the amount and the fee that goes with it."""
        amount, agreed = (self.payment.amount, self.payment.fee) if self.payment else (0, 0)
        return amount + (agreed if self.fee is None else self.fee)


class Screen(Protocol):
    """The cashier's and the citizen's screen."""

    def show(self, view: View) -> None:
        """Show this instead of what was shown before. Never fails and never waits."""
        ...


class Inbox(Protocol):
    """Codes and people's answers, in one queue."""

    def next(self, timeout: float) -> Reply | ScannedCode | None:
        """The next one, or None after `timeout` seconds."""
        ...
