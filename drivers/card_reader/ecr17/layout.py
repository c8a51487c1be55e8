"""Fixed positions in a payload, as the documents give them: 1-based, from the byte after STX. Performs no I/O."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

Value = str | int | bool | None

HEAD = 10  # 1/8 terminal id, 9/1 zero, 10/1 code


class Kind(enum.Enum):
    """How a field is written: what it holds, which side it is filled on, and with what."""

    NUMBER = "number"  # an int, zeros on the left
    DIGITS = "digits"  # digits kept as text, zeros on the left
    FLAG = "flag"  # a bool: 0 or 1
    LEFT = "left"  # text, blanks on the right
    RIGHT = "right"  # text, blanks on the left
    RAW = "raw"  # text as it is, blanks included
    REST = "rest"  # text up to the end


@dataclass(frozen=True)
class Field:
    """One named field: position and length as in the documents."""

    name: str
    position: int
    length: int
    kind: Kind = Kind.DIGITS

    @cached_property
    def _write(self) -> Callable[[Value, int], str]:
        return WRITERS[self.kind]

    @cached_property
    def _read(self) -> Callable[[str], Value]:
        return READERS[self.kind]

    def encode(self, value: Value) -> str:
        """Return exactly `length` characters. Raises ValueError when the value does not fit."""
        text = self._write(value, self.length)
        if self.kind is not Kind.REST and len(text) != self.length:
            raise ValueError(f"{self.name} does not fit in {self.length} characters")
        return text

    def decode(self, payload: str) -> Value:
        """Return the value, or None when the payload ends before the field does."""
        start = self.position - 1
        if self.kind is Kind.REST:
            return payload[start:]
        text = payload[start : start + self.length]
        return self._read(text) if len(text) == self.length else None


@dataclass(frozen=True)
class Layout:
    """One message: its code, its full length and its fields; what no field covers holds zeros."""

    code: str
    length: int
    fields: tuple[Field, ...] = ()

    def encode(self, terminal_id: str, values: Mapping[str, Value] | None = None, *, length: int = 0) -> bytes:
        """Return the payload, cut to `length` if one is given. Raises ValueError for a value that does not fit."""
        wanted = dict(values or {})
        text = f"{terminal_id:0>8}0{self.code}".ljust(self.length, "0")
        for field in self.fields:
            start, end = field.position - 1, field.position - 1 + field.length
            after = "" if field.kind is Kind.REST else text[end:]
            text = text[:start] + field.encode(wanted.pop(field.name, None)) + after
        if wanted:
            raise ValueError(f"message {self.code} has no field {', '.join(sorted(wanted))}")
        return text[: length or None].encode("ascii")

    def decode(self, payload: bytes) -> dict[str, Value]:
        """Return every field that is there, None for those beyond the payload's end."""
        text = payload.decode("latin-1")
        return {field.name: field.decode(text) for field in self.fields}


def terminal_id_of(payload: bytes) -> str:
    """Return the terminal id in the head."""
    return payload[:8].decode("latin-1")


def code_of(payload: bytes) -> str:
    """Return the message code in the head, "" where the payload is too short to have one."""
    return payload[9:HEAD].decode("latin-1")


def _number_text(value: Value, length: int) -> str:
    number = int(value or 0)
    if number < 0:
        raise ValueError("a negative number has no place in a payload")
    return str(number).rjust(length, "0")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _stripped(text: str) -> str:
    return text.strip()


WRITERS: dict[Kind, Callable[[Value, int], str]] = {
    Kind.NUMBER: _number_text,
    Kind.DIGITS: lambda value, length: str(value or "").rjust(length, "0"),
    Kind.FLAG: lambda value, _length: "1" if value else "0",
    Kind.LEFT: lambda value, length: str(value or "").ljust(length),
    Kind.RIGHT: lambda value, length: str(value or "").rjust(length),
    Kind.RAW: lambda value, length: str(value or "").rjust(length, "0"),
    Kind.REST: lambda value, _length: str(value or ""),
}

READERS: dict[Kind, Callable[[str], Value]] = {
    Kind.NUMBER: _number,
    Kind.DIGITS: _stripped,
    Kind.FLAG: lambda text: text == "1",
    Kind.LEFT: _stripped,
    Kind.RIGHT: _stripped,
    Kind.RAW: str,
}
