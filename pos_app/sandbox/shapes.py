"""JSON to frozen dataclasses and back; every mistake is named by its path and its value.

A field's annotation is its rule: `str`, `int`, `bool`, `datetime`, `Literal`, `X | None`, `tuple[X, ...]`, another
dataclass, or `Annotated` with a Pattern or a Between. Nothing is converted silently: "1" is no number, 1 is no truth.
"""

import dataclasses
import re
import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class ShapeError(ValueError):
    """A value that cannot be; the sentence names its path and what would be right."""


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A text that must match `expression` as a whole; `meaning` says it in words."""

    expression: str
    meaning: str


@dataclasses.dataclass(frozen=True)
class Between:
    """A number that must lie in a range, ends included."""

    least: int
    most: int


FiscalCodeText = Annotated[str, Pattern(r"[0-9]{11}", "11 digits")]
NoticeNumberText = Annotated[str, Pattern(r"[0-9]{18}", "18 digits")]
_XML_CHARACTER = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"  # what XML 1.0 can carry


def text_of(least: int, most: int) -> Pattern:
    """The rule of a text of `least` to `most` characters, all of them fit for XML."""
    return Pattern(f"{_XML_CHARACTER}{{{least},{most}}}", f"{least} to {most} characters that XML can carry")


Text35 = Annotated[str, text_of(1, 35)]
Text70 = Annotated[str, text_of(1, 70)]
Text140 = Annotated[str, text_of(1, 140)]
Amount = Annotated[int, Between(1, 99_999_999_999)]  # cents: stAmountNotZero (pagopa.md 2.2)
Seconds = Annotated[int, Between(1, 366 * 86_400)]


def read(kind: type[T], value: object, path: str = "") -> T:
    """`value`, as json.loads gives it, as a `kind`. Raises ShapeError naming path and value."""
    result: T = _read(kind, value, path)
    return result


def plain(value: object) -> Any:
    """A dataclass as what json.dumps takes; the inverse of `read`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: Any, value: object, path: str) -> Any:
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value, path)
    if origin is None:
        return _read_scalar(kind, value, path)
    return _READERS[origin](kind, value, path)


def _read_fields(kind: Any, value: object, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise ShapeError(f"{_named(path)} must be an object, not {_shown(value)}")
    hints, fields = _hints(kind), {field.name: field for field in dataclasses.fields(kind)}
    for name in value:
        if name not in fields:
            raise ShapeError(f"{_at(path, name)}: unknown field; known are {', '.join(fields)}")
    for name, field in fields.items():
        if name not in value and field.default is dataclasses.MISSING:
            raise ShapeError(f"{_at(path, name)} is missing")
    found = {name: _read(hints[name], item, _at(path, name)) for name, item in value.items()}
    try:
        return kind(**found)
    except ShapeError as error:
        raise ShapeError(f"{_named(path)}: {error}" if path else str(error)) from error


def _read_scalar(kind: Any, value: object, path: str) -> Any:
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ShapeError(f"{_named(path)} must be {_WORDS[kind]}, not {_shown(value)}")
    return value


def _read_annotated(kind: Any, value: object, path: str) -> Any:
    inner, rule = get_args(kind)
    found = _read(inner, value, path)
    if isinstance(rule, Pattern) and re.fullmatch(rule.expression, found) is None:
        raise ShapeError(f"{_named(path)} must be {rule.meaning}, not {_shown(value)}")
    if isinstance(rule, Between) and not rule.least <= found <= rule.most:
        raise ShapeError(f"{_named(path)} must be from {rule.least} to {rule.most}, not {_shown(value)}")
    return found


def _read_literal(kind: Any, value: object, path: str) -> Any:
    allowed = get_args(kind)
    if not any(value == item and type(value) is type(item) for item in allowed):
        choices = ", ".join(str(item) for item in allowed)
        raise ShapeError(f"{_named(path)} must be one of {choices}, not {_shown(value)}")
    return value


def _read_optional(kind: Any, value: object, path: str) -> Any:
    inner = next(item for item in get_args(kind) if item is not types.NoneType)
    return None if value is None else _read(inner, value, path)


def _read_tuple(kind: Any, value: object, path: str) -> Any:
    if not isinstance(value, list):
        raise ShapeError(f"{_named(path)} must be a list, not {_shown(value)}")
    inner = get_args(kind)[0]
    return tuple(_read(inner, item, f"{path}[{position}]") for position, item in enumerate(value))


def _read_mapping(kind: Any, value: object, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise ShapeError(f"{_named(path)} must be an object, not {_shown(value)}")
    named, inner = get_args(kind)
    return {_read(named, name, path): _read(inner, item, _at(path, name)) for name, item in value.items()}


_READERS: dict[Any, Any] = {
    dict: _read_mapping,
    Annotated: _read_annotated,
    Literal: _read_literal,
    Union: _read_optional,
    types.UnionType: _read_optional,
    tuple: _read_tuple,
}
_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a moment as text",
}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _at(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _named(path: str) -> str:
    return path or "the body"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
