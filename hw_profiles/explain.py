"""Pydantic's complaints in a technician's words: which key, and what would be right."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from hw_profiles.mistakes import did_you_mean

_OWN_WORDS = re.compile(r"(?P<key>\w+) (?:= .*?: )?(?P<sentence>must .*?)(?:, not .*)?", re.DOTALL)

# What a value must be, by pydantic's kind of error; each takes the error's context.
_RIGHT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: "must be text in quotes",
    "string_pattern_mismatch": lambda c: f"must look like {c['pattern']}",
    "string_too_short": lambda c: f"must have at least {c['min_length']} characters",
    "string_too_long": lambda c: f"must have at most {c['max_length']} characters",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "decimal_type": lambda _: 'must be a number, as in "1.50"',
    "decimal_parsing": lambda _: 'must be a number, as in "1.50"',
    "finite_number": lambda _: "must be a finite number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "literal_error": lambda c: f"must be {c['expected']}",
    "enum": lambda c: f"must be {c['expected']}",
    "greater_than": lambda c: f"must be more than {c['gt']}",
    "greater_than_equal": lambda c: f"must be at least {c['ge']}",
    "less_than": lambda c: f"must be less than {c['lt']}",
    "less_than_equal": lambda c: f"must be at most {c['le']}",
    "decimal_max_places": lambda c: f"must have at most {c['decimal_places']} decimals",
    "path_type": lambda _: "must be a path in quotes",
    "dict_type": lambda _: "must be a table",
    "model_type": lambda _: "must be a table",
    "tuple_type": lambda _: "must be a list",
    "list_type": lambda _: "must be a list",
}


@dataclass(frozen=True)
class Explained:
    """`key` is "" where the whole table is meant. `value` is what stood there, None where nothing did."""

    key: str
    value: object
    sentence: str


def explain(errors: Sequence[ErrorDetails], hints: Mapping[str, str]) -> Iterator[Explained]:
    """One sentence for each key that is wrong; a key with several alternatives is said once.

    `hints` has every key there is, and what belongs there in a few words ("" where nothing needs saying).
    """
    by_key: dict[str, list[ErrorDetails]] = {}
    for error in errors:
        by_key.setdefault(str(error["loc"][0]), []).append(error)
    for key, complaints in by_key.items():
        yield Explained(key, _value(complaints[0]), _alternatives(complaints, hints))


def explained(message: str, known: Container[str]) -> Explained:
    """A sentence about a whole table, filed under the key that it is about: drivers write `key must …, not value`."""
    if (found := _OWN_WORDS.fullmatch(message)) and found["key"] in known:
        return Explained(found["key"], None, found["sentence"])
    key = next((word for word in re.findall(r"\w+", message) if word in known), "")
    return Explained(key, None, message)


def _value(error: ErrorDetails) -> object:
    return None if error["type"] in {"missing", "extra_forbidden"} else error["input"]


def _alternatives(errors: Sequence[ErrorDetails], hints: Mapping[str, str]) -> str:
    sentences = list(dict.fromkeys(_sentence(error, hints) for error in errors))
    return " or ".join([sentences[0], *(sentence.removeprefix("must be ") for sentence in sentences[1:])])


def _sentence(error: ErrorDetails, hints: Mapping[str, str]) -> str:
    if error["type"] == "extra_forbidden":
        return f"there is no such key; {did_you_mean(str(error['loc'][-1]), hints)}"
    if error["type"] == "missing":
        hint = hints.get(str(error["loc"][0]))
        return f"is missing: {hint}" if hint else "is missing"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    right = _RIGHT.get(error["type"])
    sentence = right(error.get("ctx", {})) if right else f"is wrong: {error['msg']}"
    return f"item {item + 1} {sentence}" if isinstance(item := error["loc"][-1], int) else sentence
