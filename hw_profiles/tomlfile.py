"""TOML files with line numbers: the standard library's reader forgets where a key stood, and a technician needs it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hw_profiles.mistakes import Mistake

_HEADER = re.compile(r"\s*\[+\s*([^\[\]#]+?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*[.=]""")
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class NotToml(Exception):
    """The text is no TOML; `mistake` says where."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake
        super().__init__(str(mistake))


@dataclass(frozen=True)
class TomlFile:
    """What a file says, and on which line each `(table, key)` of it stands; `(table, "")` is the table's own line."""

    source: str
    values: Mapping[str, Any]
    lines: Mapping[tuple[str, str], int]

    def line_of(self, table: str, key: str = "") -> int | None:
        """The line of a key, else that of its table, else None."""
        places = ((table, key), (table, ""), ("", table))
        return next((self.lines[place] for place in places if place in self.lines), None)


def read_toml(source: str, text: str) -> TomlFile:
    """Read a file's `text`; `source` is its name in messages. Raises NotToml."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotToml(_syntax_mistake(source, text, str(error))) from error
    return TomlFile(source, values, _lines_of(text))


def _syntax_mistake(source: str, text: str, message: str) -> Mistake:
    position = _POSITION.search(message)
    line = int(position[1]) if position and position[1] else text.count("\n") + 1
    return Mistake(source, "", "", "", f"this is not TOML: {_POSITION.sub('', message)}", line)


def _lines_of(text: str) -> dict[tuple[str, str], int]:
    lines: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[1].strip("\"'")
            lines.setdefault((table, ""), number)
        elif key := _KEY.match(line):
            lines.setdefault((table, key[1].strip("\"'")), number)
    return lines
