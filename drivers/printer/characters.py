"""Which characters a printer has: code pages, and what stands in for a character that one lacks.

Everything on its way to paper passes `Repertoire.fit`, so no control byte of a foreign text ever reaches the printer.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self


@dataclass(frozen=True)
class CodePage:
    """A code page: its number in ESC t as Epson counts (ESC/POS reference, ESC t), and Python's codec for it."""

    number: int
    codec: str


CODE_PAGES = {
    "CP437": CodePage(0, "cp437"),
    "CP850": CodePage(2, "cp850"),
    "WPC1252": CodePage(16, "cp1252"),
    "CP852": CodePage(18, "cp852"),
    "CP858": CodePage(19, "cp858"),
    "ISO8859-15": CodePage(40, "iso8859-15"),
}

# What people write and receipt printers lack; each is tried only where the code page has not got the character.
STAND_INS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁃": "-",
    "…": "...", "•": "*", "·": ".", "×": "x", "÷": "/", "€": "EUR", "£": "GBP", "™": "TM", "©": "(C)", "®": "(R)",
    "№": "N.", "°": "o", "º": "o", "ª": "a", "§": "par.", "→": "->", "←": "<-",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ı": "i",
}  # fmt: skip

UNKNOWN = "?"


def clean(text: str) -> str:
    """`text` without control, format, private and unassigned characters; every kind of space is a space."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    return unicodedata.normalize("NFC", "".join(c for c in spaced if unicodedata.category(c)[0] != "C"))


@dataclass(frozen=True)
class Repertoire:
    """The characters one printer has: its code pages by name and number in ESC t, the one that is forced first.

    Switching costs three bytes, so a character is taken from the first page that has it.
    """

    pages: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, *names: str) -> Self:
        """The pages `names` as Epson numbers them."""
        return cls(tuple((name, CODE_PAGES[name].number) for name in names))

    def fit(self, text: str) -> str:
        """`text` in characters that the pages have: itself, a stand-in, its letter without accent, or `?`."""
        if text.isascii() and text.isprintable():
            return text  # every page has these
        return "".join(self._fitted(character) for character in clean(text))

    def encode(self, text: str) -> bytes:
        """The bytes of `text`, ESC t around what stands on another page: no control byte comes from `text` itself."""
        fitted = self.fit(text)
        if fitted.isascii():
            return fitted.encode("ascii")
        data, current = b"", self.pages[0]
        for character in fitted:
            page = self._page(character) or current
            if page != current and not character.isascii():
                data, current = data + self.select(page), page
            data += character.encode(CODE_PAGES[current[0]].codec)
        return data if current == self.pages[0] else data + self.select(self.pages[0])

    def select(self, page: tuple[str, int]) -> bytes:
        """ESC t n."""
        return b"\x1bt" + bytes([page[1]])

    def _fitted(self, character: str) -> str:
        if self._page(character) is not None:
            return character
        if character in STAND_INS:
            return STAND_INS[character]
        if unicodedata.category(character).startswith("M"):
            return ""  # an accent that no letter took up
        plain = unicodedata.normalize("NFKD", character)
        return "".join(letter for letter in plain if letter.isascii() and letter.isprintable()) or UNKNOWN

    def _page(self, character: str) -> tuple[str, int] | None:
        return _first_with(self.pages, character)


@lru_cache(maxsize=4096)
def _first_with(pages: tuple[tuple[str, int], ...], character: str) -> tuple[str, int] | None:
    """The first of `pages` that has `character`; asked for each character of each paper, so it is remembered."""
    return next((page for page in pages if _has(CODE_PAGES[page[0]].codec, character)), None)


def _has(codec: str, character: str) -> bool:
    try:
        byte = character.encode(codec)
    except UnicodeEncodeError:
        return False
    return byte[0] >= 0x20 and byte[0] != 0x7F
