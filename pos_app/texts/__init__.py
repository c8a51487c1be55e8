"""What the terminal says to people: one TOML table a language (it, de, fr, sl, en), all with the same keys."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("it", "de", "fr", "sl", "en")

_PLACE = re.compile(r"\{([a-z_]+)\}")


class TextsError(LookupError):
    """A language, a key or a value that a sentence needs is missing; the message says which."""


@dataclass(frozen=True)
class Texts:
    """The sentences of one language, by `section.key`."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence at `key`, its `{places}` filled with `values`. Raises TextsError for what is missing."""
        if key not in self.sentences:
            raise TextsError(f"no text {key!r} in {self.language}.toml")
        return _PLACE.sub(lambda place: self._filled(key, place[1], values), self.sentences[key])

    def section(self, name: str) -> dict[str, str]:
        """All sentences of one section, by their key inside it. Raises TextsError when there is no such section."""
        prefix = f"{name}."
        found = {key.removeprefix(prefix): text for key, text in self.sentences.items() if key.startswith(prefix)}
        if not found:
            raise TextsError(f"no section [{name}] in {self.language}.toml")
        return found

    def _filled(self, key: str, place: str, values: Mapping[str, object]) -> str:
        if place not in values:
            raise TextsError(f"text {key!r} in {self.language}.toml needs a value for {place!r}")
        return str(values[place])


@cache
def texts(language: str) -> Texts:
    """The table of `language`. Raises TextsError for a language that is not there, or a table that is broken."""
    if language not in LANGUAGES:
        raise TextsError(f"no texts in {language!r}: the languages are {', '.join(LANGUAGES)}")
    return read(language, (files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))


def read(language: str, source: str) -> Texts:
    """`source` (TOML, sections of sentences) -> Texts. Raises TextsError for anything but sections of sentences."""
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise TextsError(f"{language}.toml cannot be read: {error}") from error
    return Texts(language, dict(_flattened(language, table)))


def places(sentence: str) -> frozenset[str]:
    """The names of the values that a sentence needs."""
    return frozenset(_PLACE.findall(sentence))


def _flattened(language: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for section, sentences in table.items():
        if not isinstance(sentences, dict):
            raise TextsError(f"{language}.toml: {section!r} stands outside a section")
        for key, sentence in sentences.items():
            if not isinstance(sentence, str) or not sentence.strip():
                raise TextsError(f"{language}.toml: {section}.{key} is not a sentence")
            found.append((f"{section}.{key}", sentence))
    return found
