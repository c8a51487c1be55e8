"""Settings from all their sources, every mistake at once (exit code 5)."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from hw_profiles.explain import Explained, explain
from hw_profiles.mistakes import FileMistakes, Mistake, spelled
from hw_profiles.tomlfile import NotToml, TomlFile, read_toml
from pos_app.settings.model import Settings
from pos_app.settings.sources import (
    BUILT_IN,
    DEMONSTRATION,
    OWN_STATE_DIR,
    PREFIX,
    SECRETS,
    Given,
    demonstration,
    from_environment,
    from_file,
    state_dir,
)
from pos_app.settings.tables import TABLES, Table

DEFAULT = Path("/etc/pos-terminal/settings.toml")

GivenValues = dict[tuple[str, str], Given]


class SettingsError(FileMistakes):
    """The settings cannot be used."""


def load(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    default: Path = DEFAULT,
    own_state_dir: Path = OWN_STATE_DIR,
) -> Settings:
    """The settings of `path`, or of `default` where that exists, under the twins in `environ` (this process's).

    Raises SettingsError with every mistake of all sources.
    """
    environ = os.environ if environ is None else environ
    mistakes: list[Mistake] = []
    given: GivenValues = {}
    for value in _all_given(_file(path, default), environ, mistakes):
        given[value.table, value.key] = value
    _complete(given, environ, own_state_dir)
    tables = {name: _checked(name, model, given, environ, mistakes) for name, model in TABLES.items()}
    if mistakes:
        raise SettingsError(mistakes)
    found: dict[str, Any] = tables
    return Settings(**found, origins=MappingProxyType(_origins(given)), demonstration=_demonstration(given.values()))


def require_own_values(settings: Settings) -> None:
    """For real devices: nothing of the sandbox's may be left. Raises SettingsError naming each key to be set."""
    mistakes = [_missing(*key.split(".")) for key in settings.demonstration]
    if mistakes:
        raise SettingsError(mistakes)


def _missing(table: str, key: str) -> Mistake:
    hint = TABLES[table].model_fields[key].description
    sentence = "must be set for real devices: the built-in value serves simulated ones only"
    return Mistake("settings", table, key, "", f"{sentence} ({hint})" if hint else sentence)


def _file(path: Path | None, default: Path) -> TomlFile | None:
    if path is None and not default.exists():
        return None
    path = path or default
    try:
        return read_toml(str(path), path.read_text("utf-8"))
    except NotToml as error:
        raise SettingsError([error.mistake]) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError([Mistake(str(path), "", "", "", f"cannot be read: {reason}")]) from error


def _all_given(file: TomlFile | None, environ: Mapping[str, str], mistakes: list[Mistake]) -> Iterator[Given]:
    """Everything that was set, the weakest first."""
    yield from demonstration()
    if file is not None:
        yield from from_file(file, mistakes)
    yield from from_environment(environ, mistakes)


def _complete(given: GivenValues, environ: Mapping[str, str], own_state_dir: Path) -> None:
    """What follows from the rest: where state is kept, and which built-in values have been replaced by others."""
    if ("terminal", "state_dir") not in given:
        given["terminal", "state_dir"] = Given("terminal", "state_dir", state_dir(environ, own_state_dir), BUILT_IN)
    replaced: set[tuple[str, str]] = set()
    if ("psp", "client_certificate") in given:
        replaced.add(("psp", "terminal_secret"))
    if any(value.table == "fee" and value.source != DEMONSTRATION for value in given.values()):
        replaced |= {("fee", key) for key in TABLES["fee"].model_fields}
    for name in replaced & given.keys():
        if given[name].source == DEMONSTRATION:
            del given[name]


def _checked(
    table: str, model: type[Table], given: GivenValues, environ: Mapping[str, str], mistakes: list[Mistake]
) -> Table | None:
    values = {value.key: value.value for value in given.values() if value.table == table}
    try:
        return model.model_validate(values, context={"environ": environ})
    except ValidationError as error:
        hints = {name: field.description or "" for name, field in model.model_fields.items()}
        found = explain(error.errors(include_url=False), hints)
        mistakes.extend(_mistake(given[table, wrong.key], wrong) for wrong in found)
        return None


def _mistake(value: Given, wrong: Explained) -> Mistake:
    """A secret's value is never said, and what has an @ in it may carry one."""
    text = "" if value.key in SECRETS | {"headers"} or "@" in str(wrong.value) else spelled(wrong.value)
    if value.source.startswith(PREFIX):  # an environment variable says by its name which key it is
        return Mistake(value.source, "", "", text, wrong.sentence)
    return Mistake(value.source, value.table, value.key, text, wrong.sentence, value.line)


def _origins(given: GivenValues) -> dict[str, str]:
    return {
        f"{table}.{key}": given[table, key].origin if (table, key) in given else BUILT_IN
        for table, model in TABLES.items()
        for key in model.model_fields
    }


def _demonstration(given: Iterable[Given]) -> tuple[str, ...]:
    return tuple(f"{value.table}.{value.key}" for value in given if value.source == DEMONSTRATION)
