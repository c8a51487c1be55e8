"""What makes the double misbehave: its traits, and an answer a payment, in their order."""

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.line import Disturbance

QUESTION_CODES = frozenset("stGTCERDK")
ID_LENGTH = 8
FRAMING = re.compile(r"[1-9][0-9]+ [78][NEO][12]")


@dataclass(frozen=True)
class Traits:
    """What the double is, whatever it answers.

    `card` is shown as `mask` wants, where it is a whole number. `payment_length`: of the answer to `P`. `pace`: seconds
    between its packets; `time_scale` multiplies what takes a reader long: its card phase and its repeats. `framing`:
    such as `9600 7E1`, the only one it understands; a pseudo-terminal has a speed only. `talks_in_card_phase`: it
    answers questions meanwhile. `retroactive`: it knows the command `Q`. `unacknowledged`: cents of an earlier payment,
    whose result it is still repeating when it is switched on.
    """

    terminal_id: str = "12345678"
    state: str = "2"
    release: str = "DOUBLE1.0"
    card: str = "000************4321"
    mask: Literal["none", "last_four", "first_six"] = "none"
    card_type: str = "2"
    acquirer_id: str = "88105000005"
    checks_terminal_id: bool = True
    talks_in_card_phase: bool = False
    retroactive: bool = False
    payment_length: Literal[71, 74] = 71
    progress: tuple[str, ...] = ("Attesa carta", "Elaborazione")
    receipt: Literal["separated", "filled", "columns", "none"] = "separated"
    vas_answer: str = "<VASRES><RESPID>0</RESPID></VASRES>"
    unacknowledged: int = 0
    framing: str = ""
    pace: float = 0.002
    repeat_after: float = 1.0
    replug_after: float = 0.2
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a framing that is none. Raises ValueError."""
        if self.framing and not FRAMING.fullmatch(self.framing):
            raise ValueError(f"a framing is such as 9600 7E1, not {self.framing!r}")

    @property
    def baudrate(self) -> int:
        """Return the only speed it understands, 0 where it understands any."""
        return int(self.framing.split()[0]) if self.framing else 0


@dataclass(frozen=True)
class Question:
    """How requests of one code are answered: `times` of them, or all of them when it is 0, once `after` went well.

    "stale": `G` tells the result before the last. "state": `s` tells `state` instead of the reader's own.
    """

    code: str
    answer: Literal["mute", "nak", "stale", "state"]
    times: int = 0
    after: int = 0
    state: str = "0"

    def __post_init__(self) -> None:
        """Refuse a code that is no question. Raises ValueError."""
        if self.code not in QUESTION_CODES:
            raise ValueError(f"a question's code is one of {' '.join(sorted(QUESTION_CODES))}, not {self.code!r}")

    def strikes(self, number: int) -> bool:
        """Whether it is this request's turn, the first of its code being number 1."""
        return number > self.after and (not self.times or number <= self.after + self.times)


@dataclass(frozen=True)
class Script:
    """The traits, and the answers to payments and reversals in their order; those beyond the list are approved.

    `disturbances` befall the line from the moment the double is switched on.
    """

    terminal: Traits = field(default_factory=Traits)
    payments: tuple[Answer, ...] = ()
    reversals: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()


def scripted(*names: str, **traits: Any) -> Script:
    """Return a script of named answers, for tests: `scripted("decline", "approve", pace=0.0)`."""
    return Script(Traits(**traits), tuple(ANSWERS[name] for name in names))


def with_terminal_id(script: Script, terminal_id: str) -> Script:
    """Return the script for a reader of another id. Raises ValueError for one that is not 8 digits."""
    if not (terminal_id.isascii() and terminal_id.isdigit() and len(terminal_id) == ID_LENGTH):
        raise ValueError(f"a terminal id is 8 digits, not {terminal_id!r}")
    return dataclasses.replace(script, terminal=dataclasses.replace(script.terminal, terminal_id=terminal_id))
