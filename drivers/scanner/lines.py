"""What a hand scanner sends: codes as lines of bytes, with or without an AIM prefix. Performs no I/O.

A line ends with CR, LF or both; where the scanner is set to send no ending, with a pause. The prefix (ISO/IEC 15424:
`]`, a letter for the symbology, a digit) is sent by scanners that are told to; it says what kind of code it was.
"""

import re
from collections.abc import Mapping

from drivers.contracts import ScannedCode, Symbology
from drivers.scanner.codes import scanned

LONGEST = 4096  # bytes; the largest QR code holds 2953
_ENDINGS = re.compile(rb"[\r\n]+")
_PREFIX = re.compile(rb"\](?P<kind>[A-Za-z])[0-9A-Za-z]")
_KINDS: Mapping[bytes, Symbology] = {b"Q": Symbology.QR_CODE, b"d": Symbology.DATA_MATRIX}


class LineReader:
    """Turns bytes, in whatever pieces they come, into lines; empty ones, and ones too long for a code, are none."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_overlong = False

    @property
    def is_waiting(self) -> bool:
        """Whether a line has begun that has not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in `data`."""
        *lines, rest = _ENDINGS.split(self._rest + data)
        whole = [line for number, line in enumerate(lines) if not (number == 0 and self._is_overlong)]
        self._is_overlong = (self._is_overlong and not lines) or len(rest) > LONGEST
        self._rest = rest[:1] if self._is_overlong else rest
        return [line for line in whole if 0 < len(line) <= LONGEST]

    def flush(self) -> list[bytes]:
        """What is there, because nothing more came: the pause was its end."""
        line, self._rest = self._rest, b""
        was_overlong, self._is_overlong = self._is_overlong, False
        return [line] if line and not was_overlong else []


def code_of(line: bytes) -> ScannedCode:
    """A line as a code: of the kind its prefix says, without the prefix; without one as typed."""
    prefix = _PREFIX.match(line)
    if prefix is None:
        return scanned(line, Symbology.TYPED)
    return scanned(line[prefix.end() :], _KINDS.get(prefix["kind"], Symbology.OTHER))
