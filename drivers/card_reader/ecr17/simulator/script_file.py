"""The double's script as a file: TOML or JSON, one table a payment, in their order; or a seed to draw them from."""

import dataclasses
import json
import tomllib
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drivers.card_reader.ecr17.simulator.answers import ANSWERS, Answer
from drivers.card_reader.ecr17.simulator.line import Disturbance
from drivers.card_reader.ecr17.simulator.misfortune import seeded_script
from drivers.card_reader.ecr17.simulator.script import Question, Script, Traits

DRAWN_PAYMENTS = 1000


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
    return seeded_script(seed, payments=DRAWN_PAYMENTS)


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
