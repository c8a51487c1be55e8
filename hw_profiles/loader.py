"""Checks a hardware profile: every mistake at once, with file, line, table, key, value and what would be right."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hw_profiles.find import LOCAL, ProfileError, find, is_path
from hw_profiles.mistakes import Mistake, did_you_mean, spelled
from hw_profiles.options import WrongOptions, build_options, options_model
from hw_profiles.profile import DEVICES, Device, HardwareProfile
from hw_profiles.tomlfile import NotToml, TomlFile, read_toml

TEXTS = ("name", "description")

# device -> driver name -> the dataclass of its options
OptionClasses = Mapping[str, Mapping[str, type]]


def load(name_or_path: str, options: OptionClasses, *, local: Path = LOCAL) -> HardwareProfile:
    """The profile of this name, or in this file (what ends in .toml or has a slash is a path).

    `options` says which drivers there are for each of DEVICES and which dataclass each takes. Raises ProfileError with
    every mistake.
    """
    source, text = find(name_or_path, local)
    try:
        file = read_toml(source, text)
    except NotToml as error:
        raise ProfileError([error.mistake]) from error
    mistakes: list[Mistake] = [*_wrong_tables(file), *_wrong_texts(file, name_or_path)]
    devices = {kind: _device(kind, file, options[kind], mistakes) for kind in DEVICES}
    if mistakes:
        raise ProfileError(mistakes)
    found = {kind: device for kind, device in devices.items() if device is not None}
    return HardwareProfile(file.values["name"], file.values["description"], **found, source=source)


def schema(options: OptionClasses) -> dict[str, Any]:
    """The JSON schema of a profile: for each device, one shape for each driver."""
    devices = {
        kind: {"oneOf": [_device_schema(driver, classes[driver]) for driver in sorted(classes)]}
        for kind, classes in options.items()
    }
    return {
        "type": "object",
        "properties": {**{text: {"type": "string"} for text in TEXTS}, **devices},
        "required": [*TEXTS, *DEVICES],
        "additionalProperties": False,
    }


def _device_schema(driver: str, options: type) -> dict[str, Any]:
    shape = options_model(options).model_json_schema()
    shape["properties"] = {"driver": {"const": driver}, **shape.get("properties", {})}
    shape["required"] = ["driver", *shape.get("required", [])]
    return shape


def _wrong_tables(file: TomlFile) -> Iterator[Mistake]:
    known = (*TEXTS, *DEVICES)
    for name in file.values:
        if name not in known:
            table, key = (name, "") if isinstance(file.values[name], dict) else ("", name)
            line = file.line_of(table, key)
            yield Mistake(file.source, table, key, "", f"there is no such name here; {did_you_mean(name, known)}", line)


def _wrong_texts(file: TomlFile, wanted: str) -> Iterator[Mistake]:
    for key in TEXTS:
        value = file.values.get(key)
        line = file.line_of("", key)
        if value is None:
            yield Mistake(file.source, "", key, "", "is missing: text in quotes", line)
        elif not isinstance(value, str):
            yield Mistake(file.source, "", key, spelled(value), "must be text in quotes", line)
        elif key == "name" and not is_path(wanted) and value != wanted:
            yield Mistake(file.source, "", key, spelled(value), f"must be the file's own name, {wanted!r}", line)


def _device(kind: str, file: TomlFile, classes: Mapping[str, type], mistakes: list[Mistake]) -> Device | None:
    """The device of this table; None where the table is wrong, and then `mistakes` has grown."""
    table = file.values.get(kind)
    if not isinstance(table, dict):
        sentence = "the table is missing" if table is None else "must be a table"
        mistakes.append(Mistake(file.source, kind, "", "", sentence, file.line_of("", kind)))
        return None
    driver = table.get("driver")
    if not isinstance(driver, str) or driver not in classes:
        sentence = f"must be one of the drivers; {did_you_mean(str(driver), classes)}"
        mistakes.append(_mistake(file, kind, "driver", driver, sentence))
        return None
    try:
        return Device(driver, build_options(classes[driver], {key: table[key] for key in table if key != "driver"}))
    except WrongOptions as error:
        mistakes.extend(_mistake(file, kind, wrong.key, wrong.value, wrong.sentence) for wrong in error.mistakes)
        return None


def _mistake(file: TomlFile, table: str, key: str, value: object, sentence: str) -> Mistake:
    return Mistake(file.source, table, key, spelled(value), sentence, file.line_of(table, key))
