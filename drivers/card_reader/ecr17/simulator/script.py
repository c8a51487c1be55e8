"""The script that makes the double misbehave: a TOML or JSON file with one table a payment, in their order; or a seed."""

import dataclasses
import json
import tomllib
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.line import Disturbance

QUESTION_CODES = frozenset("stGTCERDK")
ID_LENGTH = 8


@dataclass(frozen=True)
class Traits:
    """What the double is, whatever it answers.

    `card` is shown as `mask` wants, where it is a whole number. `payment_length`: of the answer to `P`. `pace`: seconds
    between its packets; `time_scale` multiplies what takes a reader long: its card phase and its repeats.
    `baudrate`: on a pseudo-terminal it understands this speed only. `talks_in_card_phase`: it answers questions
    meanwhile. `retroactive`: it knows the command `Q`. `unacknowledged`: cents of an earlier payment, whose result it
    is still repeating when it is switched on.
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
    baudrate: int = 0
    pace: float = 0.002
    repeat_after: float = 1.0
    replug_after: float = 0.2
    time_scale: float = 1.0


@dataclass(frozen=True)
class Question:
    """How requests of one code are answered: the next `times` of them, or all of them when it is 0.

    "stale": `G` tells the result before the last. "state": `s` tells `state` instead of the reader's own.
    """

    code: str
    answer: Literal["mute", "nak", "stale", "state"]
    times: int = 0
    state: str = "0"

    def __post_init__(self) -> None:
        """Refuse a code that is no question. Raises ValueError."""
        if self.code not in QUESTION_CODES:
            raise ValueError(f"a question's code is one of {' '.join(sorted(QUESTION_CODES))}, not {self.code!r}")


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


def load_script(path: Path) -> Script:
    """Read a script: JSON where the name ends so, else TOML.

    Raises ValueError with one sentence that names the file, the table and the key.
    """
    read = json.loads if path.suffix == ".json" else tomllib.loads
    try:
        return parse_script(read(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def parse_script(tables: dict[str, Any]) -> Script:
    """Build a script from its tables. Raises ValueError.

    With a `seed`, what follows the listed payments is drawn from it, and so are the traits that are not given.
    """
    if not isinstance(tables, dict):
        raise ValueError(f"a script is a table, not {tables!r}")  # noqa: TRY004 - a wrong file is a wrong value
    _no_others(tables, ("seed", "terminal", "payment", "reversal", "question", "disturbance"), "the script")
    drawn = _drawn(tables.get("seed"))
    return Script(
        _build(Traits, tables.get("terminal", {}), "[terminal]", drawn.terminal),
        (*_answers(tables.get("payment", []), "payment"), *drawn.payments),
        (*_answers(tables.get("reversal", []), "reversal"), *drawn.reversals),
        (*(_build(Question, table, "[[question]]") for table in tables.get("question", [])), *drawn.questions),
        tuple(_build(Disturbance, table, "[[disturbance]]") for table in tables.get("disturbance", [])),
    )


def _drawn(seed: object) -> Script:
    if seed is None:
        return Script()
    if type(seed) is not int:
        raise ValueError(f"seed cannot be {seed!r}")
    from drivers.card_reader.ecr17.simulator.misfortune import seeded_script  # noqa: PLC0415 - it needs Script itself

    return seeded_script(seed, payments=1000)


def _answers(tables: list[dict[str, Any]], kind: str) -> Iterable[Answer]:
    for number, table in enumerate(tables, 1):
        where = f"[[{kind}]] number {number}"
        name = table.get("answer", "approve")
        if name not in ANSWERS:
            raise ValueError(f"{where}: no answer is called {name!r}; there are {', '.join(ANSWERS)}")
        changes = {key: value for key, value in table.items() if key not in ("answer", "times")}
        yield from [_build(Answer, changes, where, ANSWERS[name])] * int(table.get("times", 1))


def _build(kind: type[Any], table: dict[str, Any], where: str, start: object = None) -> Any:
    """Make a `kind` from a table, on top of `start`, checking every key and its type."""
    hints = get_type_hints(kind)
    _no_others(table, hints, where)
    values = {key: _checked(value, hints[key], f"{where}: {key}") for key, value in table.items()}
    try:
        return dataclasses.replace(start, **values) if start else kind(**values)  # type: ignore[type-var]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _no_others(table: Iterable[str], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ValueError(f"{where} knows no {', '.join(unknown)}; it knows {', '.join(known)}")


def _checked(value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_element(one, get_args(hint)[0], where) for one in value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{where} is one of {', '.join(map(str, get_args(hint)))}, not {value!r}")
    elif not isinstance(value, _accepted(hint)):
        raise ValueError(f"{where} cannot be {value!r}")
    return value


def _element(value: Any, kind: type[Any], where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _build(kind, value, where)
    return _checked(value, kind, where)


def _accepted(hint: Any) -> tuple[type, ...]:
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(get_args(hint))
    return (int, float) if hint is float else (hint,)
