"""The line between till and double, made to fail at any byte: cut, or a byte turned over, lost or added."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Disturbance:
    """What happens at byte number `at`, counted from 0 over both ways together since it was armed.

    "cut": the line breaks before that byte. "flip": the bits of `value` are turned over. "lose": the byte is gone.
    "add": a byte `value` stands before it.
    """

    at: int
    kind: Literal["cut", "flip", "lose", "add"]
    value: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no place and no byte."""
        if self.at < 0 or not 0 <= self.value <= 0xFF:
            raise ValueError(f"a disturbance stands at byte 0 or later and its value is a byte, not {self}")


class Line:
    """Counts the bytes that cross it (`crossed`), and disturbs those it was told to."""

    def __init__(self) -> None:
        self.crossed = 0
        self._coming: list[Disturbance] = []

    def arm(self, disturbances: Iterable[Disturbance]) -> None:
        """Disturb the bytes that cross from now on."""
        self._coming += [replace(one, at=one.at + self.crossed) for one in disturbances]
        self._coming.sort(key=lambda one: one.at)

    def carry(self, data: bytes) -> tuple[bytes, bool]:
        """Return what gets through of `data`, and whether the line broke; what follows the break is lost."""
        carried, start = bytearray(), self.crossed
        while self._coming and self._coming[0].at < start + len(data):
            struck = self._coming.pop(0)
            if struck.at < self.crossed:  # two for one byte: the first one had it
                continue
            place = struck.at - start
            carried += data[self.crossed - start : place]
            self.crossed = struck.at
            if struck.kind == "cut":
                return bytes(carried), True
            carried += _struck(data[place], struck)
            self.crossed += 1
        carried += data[self.crossed - start :]
        self.crossed = start + len(data)
        return bytes(carried), False


def _struck(byte: int, by: Disturbance) -> bytes:
    return {"flip": bytes([byte ^ by.value]), "lose": b"", "add": bytes([by.value, byte])}[by.kind]
