"""The script that makes the double misbehave: a TOML file with one table a payment, in their order."""

import dataclasses
import tomllib
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer

QUESTION_CODES = frozenset("sGTCER")


@dataclass(frozen=True)
class Traits:
    """What the double is, whatever it answers. `pace`: seconds between its packets."""

    terminal_id: str = "12345678"
    state: str = "2"
    release: str = "DOUBLE1.0"
    card: str = "000************4321"
    card_type: str = "2"
    acquirer_id: str = "88105000005"
    checks_terminal_id: bool = True
    progress: tuple[str, ...] = ("Attesa carta", "Elaborazione")
    receipt: Literal["separated", "columns", "none"] = "separated"
    pace: float = 0.002
    repeat_after: float = 1.0
    replug_after: float = 0.2


@dataclass(frozen=True)
class Question:
    """How requests of one code are answered: the next `times` of them, or all of them when it is 0."""

    code: str
    answer: Literal["mute", "nak"]
    times: int = 0


@dataclass(frozen=True)
class Script:
    """The traits, and the answers to payments and reversals in their order; those beyond the list are approved."""

    terminal: Traits = field(default_factory=Traits)
    payments: tuple[Answer, ...] = ()
    reversals: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()


def scripted(*names: str, **traits: Any) -> Script:
    """Return a script of named answers, for tests: `scripted("decline", "approve", pace=0.0)`."""
    return Script(Traits(**traits), tuple(ANSWERS[name] for name in names))


def with_terminal_id(script: Script, terminal_id: str) -> Script:
    """Return the script for a reader of another id. Raises ValueError for one that is not 8 digits."""
    if not (terminal_id.isascii() and terminal_id.isdigit() and len(terminal_id) == 8):
        raise ValueError(f"a terminal id is 8 digits, not {terminal_id!r}")
    return dataclasses.replace(script, terminal=dataclasses.replace(script.terminal, terminal_id=terminal_id))


def load_script(path: Path) -> Script:
    """Read a script. Raises ValueError with one sentence that names the file, the table and the key."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return parse_script(tables)
    except (OSError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def parse_script(tables: dict[str, Any]) -> Script:
    """Build a script from its tables. Raises ValueError."""
    _no_others(tables, ("terminal", "payment", "reversal", "question"), "the script")
    return Script(
        _build(Traits, tables.get("terminal", {}), "[terminal]"),
        tuple(_answers(tables.get("payment", []), "payment")),
        tuple(_answers(tables.get("reversal", []), "reversal")),
        tuple(_build(Question, table, "[[question]]") for table in tables.get("question", [])),
    )


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
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


def _no_others(table: Iterable[str], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ValueError(f"{where} knows no {', '.join(unknown)}; it knows {', '.join(known)}")


def _checked(value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{where} is one of {', '.join(get_args(hint))}, not {value!r}")
    elif not isinstance(value, _accepted(hint)):
        raise ValueError(f"{where} cannot be {value!r}")
    return value


def _accepted(hint: Any) -> tuple[type, ...]:
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(get_args(hint))
    return (int, float) if hint is float else (hint,)
