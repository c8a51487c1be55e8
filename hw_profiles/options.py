"""A driver's options out of a TOML table, checked: the drivers' own dataclasses know nothing of files or pydantic."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from hw_profiles.explain import Explained, explain, explained

_STRICT = ConfigDict(strict=True, extra="forbid")
_WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


class WrongOptions(Exception):
    """A table does not make these options; `mistakes` says each key that is wrong."""

    def __init__(self, mistakes: tuple[Explained, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(f"{mistake.key} {mistake.sentence}" for mistake in mistakes))


def build_options(options: type, table: Mapping[str, Any]) -> Any:
    """An instance of the dataclass `options` with the values of `table`; lists become tuples where it wants tuples.

    Raises WrongOptions with every mistake: unknown and missing keys, wrong types, and whatever the dataclass itself
    refuses with a ValueError.
    """
    model = options_model(options)
    hints = _hints(options)
    try:
        values = _checked(model, table)
    except ValidationError as error:
        found = tuple(explain(error.errors(include_url=False), hints))
        right = {key: table[key] for key in hints if key in table and key not in {mistake.key for mistake in found}}
        raise WrongOptions((*found, *_refused(options, right, hints))) from error
    if refused := tuple(_refused(options, table, hints)):
        raise WrongOptions(refused)
    return options(**values)


def options_model(options: type) -> type[BaseModel]:
    """The pydantic model of a dataclass: same keys, types and defaults, nothing else allowed."""
    kinds = typing.get_type_hints(options, include_extras=True)
    fields: dict[str, Any] = {field.name: (kinds[field.name], _default(field)) for field in _fields(options)}
    return create_model(options.__name__, __config__=_STRICT, **fields)


def _checked(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, Any]:
    # By way of JSON, where strict still turns lists into tuples and text into enumerations.
    checked = model.model_validate_json(json.dumps(table, default=str))
    return {name: getattr(checked, name) for name in checked.model_fields_set}


def _refused(options: type, table: Mapping[str, Any], hints: Mapping[str, str]) -> Iterator[Explained]:
    """What the dataclass itself refuses: it says one thing at a time, so that key is left out and it is asked again."""
    table = dict(table)
    while True:
        try:
            options(**_checked(options_model(options), table))
        except ValidationError:  # a required key is missing or was left out: it cannot be asked any further
            return
        except ValueError as error:
            mistake = explained(str(error), hints)
            yield dataclasses.replace(mistake, value=table.get(mistake.key))
            if table.pop(mistake.key, None) is None:
                return
        else:
            return


def _fields(options: type) -> Iterator[dataclasses.Field[Any]]:
    return (field for field in dataclasses.fields(options) if field.init)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return ... if field.default_factory is dataclasses.MISSING else field.default_factory()


def _hints(options: type) -> dict[str, str]:
    kinds = typing.get_type_hints(options)
    return {field.name: _in_words(kinds[field.name]) for field in _fields(options)}


def _in_words(kind: Any) -> str:
    if isinstance(kind, types.UnionType):
        return " or ".join(filter(None, map(_in_words, kind.__args__)))
    return _WORDS.get(kind, "")
