"""What is wrong in a file that a technician wrote: all of it at once, each with its place and what would be right."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One mistake. `source` is the file or the environment variable; `line` counts from 1 and is None where unknown.

    `value` is as the file spells it and "" where there is none or it must not be shown. `sentence` says what would be
    right.
    """

    source: str
    table: str
    key: str
    value: str
    sentence: str
    line: int | None = None

    def __str__(self) -> str:
        """`file:line: [table] key = value: what would be right`."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        name = " ".join(part for part in (f"[{self.table}]" if self.table else "", self.key) if part)
        subject = ": ".join(part for part in (place, name) if part)
        return f"{subject} = {self.value}: {self.sentence}" if self.value else f"{subject}: {self.sentence}"


class FileMistakes(Exception):
    """A file is wrong. `mistakes` has every one of them; the message is one line each. The command's exit code is 5."""

    exit_code = 5

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.source, mistake.line or 0)))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"did you mean 'port'?"`, else what there is to choose from."""
    choices = sorted(known)
    close = difflib.get_close_matches(name.lower(), choices, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(choices)}"


def spelled(value: object) -> str:
    """A value as TOML would spell it, near enough to be recognised; "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
