"""What a dialogue is asked to do, and what it tells: commands with their time limits, steps, endings."""

import enum
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds (ecr17.md 1.3)."""

    acknowledgement: float = 3.0
    silence: float = 180.0  # restarted by every byte
    whole: float = 300.0  # from the first send, whatever happens
    receipt: float = 3.0  # after the last byte of a receipt that does not end
    pause_after_nak: float = 2.0  # before a refused money frame is sent again


@dataclass(frozen=True)
class Command:
    """A request and what answers it; `replies` empty means that the acknowledgement is the answer.

    `money`: never sent again but after a NAK. `receipt`: pieces of receipt follow the answer.
    """

    payload: bytes = field(repr=False)
    limits: Limits
    replies: frozenset[str] = frozenset()
    money: bool = False
    receipt: bool = False


class Ending(enum.Enum):
    """Why a command is over, and so what may be concluded."""

    ANSWERED = "answered"
    REFUSED = "refused"  # only well-formed NAKs came: it was never accepted
    NO_ANSWER = "no answer"  # not one byte came that began an answer
    INTERRUPTED = "interrupted"  # it began, and then nothing more came in time
    GARBLED = "garbled"  # the answer's check was wrong three times


@dataclass(frozen=True)
class Send:
    """Write these bytes now."""

    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """The reader's display changed. Never an outcome."""

    text: str


@dataclass(frozen=True)
class Answer:
    """The command's answer: make it durable before taking the next step, which acknowledges it."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class LateResult:
    """A card result that no command here waits for: make it durable before taking the next step."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class ReceiptPiece:
    """Some of the reader's own receipt, acknowledged by the step before."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """The command is over."""

    ending: Ending


Step = Send | Shown | Answer | LateResult | ReceiptPiece | Ended
