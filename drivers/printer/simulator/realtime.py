"""Commands that a printer obeys as they arrive, whatever its buffer holds: DLE EOT, DLE ENQ, DLE DC4.

A printer looks at the bytes, not at what they mean: the same pair inside a picture is obeyed too (printing.md 1).
"""

from dataclasses import dataclass

CLEAR_KEY = bytes.fromhex("01 03 14 01 06 02 08")  # what must follow DLE DC4 8 (Epson, DLE DC4 function 8)

# What begins a command -> its name and how many bytes follow.
_BEGINNINGS = {
    b"\x10\x04": ("DLE EOT", 1),
    b"\x10\x05": ("DLE ENQ", 1),
    b"\x10\x14\x08": ("DLE DC4 8", 7),
}
_LONGEST = 10
DLE = 0x10


@dataclass(frozen=True)
class RealTimeCommand:
    """One command with what follows its name."""

    name: str
    data: bytes


class RealTimeReader:
    """Finds real-time commands in a stream, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._recent = b""

    @property
    def is_amid(self) -> bool:
        """Whether the next byte may belong to a command that has begun."""
        return bool(self._recent)

    def feed(self, byte: int) -> RealTimeCommand | None:
        """The command that `byte` completes, if it does."""
        if not self._recent and byte != DLE:
            return None  # most bytes: nothing begins here
        self._recent = (self._recent + bytes([byte]))[-_LONGEST:]
        for beginning, (name, length) in _BEGINNINGS.items():
            whole = len(beginning) + length
            if len(self._recent) >= whole and self._recent[-whole:].startswith(beginning):
                data = self._recent[len(self._recent) - length :]
                self._recent = b""
                return RealTimeCommand(name, data)
        self._recent = self._recent[self._recent.find(DLE) :] if DLE in self._recent else b""
        return None
