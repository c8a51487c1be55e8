"""The commands that a receipt printer understands, as a table, and taking them one by one from its buffer.

Source: Epson ESC/POS command reference. Nothing is guessed: bytes that begin no known command come out as `unknown`.
"""

from collections.abc import Callable
from dataclasses import dataclass

OPENERS = b"\x1b\x1d\x1c\x10"  # ESC, GS, FS, DLE: at least one byte belongs to each


@dataclass(frozen=True)
class Command:
    """One command, or a run of text, as it stood in the buffer. `data` is what follows its name."""

    name: str
    data: bytes
    raw: bytes


# Name -> how many bytes follow it. Known, and without effect on our paper where the machine has no row for them.
FIXED = {
    b"\n": ("LF", 0),
    b"\r": ("CR", 0),
    b"\x1b@": ("ESC @", 0),
    b"\x1b ": ("ESC SP", 1),
    b"\x1b!": ("ESC !", 1),
    b"\x1b$": ("ESC $", 2),
    b"\x1b-": ("ESC -", 1),
    b"\x1b2": ("ESC 2", 0),
    b"\x1b3": ("ESC 3", 1),
    b"\x1b=": ("ESC =", 1),
    b"\x1bE": ("ESC E", 1),
    b"\x1bG": ("ESC G", 1),
    b"\x1bJ": ("ESC J", 1),
    b"\x1bM": ("ESC M", 1),
    b"\x1bR": ("ESC R", 1),
    b"\x1bV": ("ESC V", 1),
    b"\x1ba": ("ESC a", 1),
    b"\x1bc3": ("ESC c 3", 1),
    b"\x1bc4": ("ESC c 4", 1),
    b"\x1bc5": ("ESC c 5", 1),
    b"\x1bd": ("ESC d", 1),
    b"\x1bp": ("ESC p", 3),
    b"\x1bt": ("ESC t", 1),
    b"\x1b{": ("ESC {", 1),
    b"\x1d!": ("GS !", 1),
    b"\x1d:": ("GS :", 0),
    b"\x1dB": ("GS B", 1),
    b"\x1dI": ("GS I", 1),
    b"\x1dL": ("GS L", 2),
    b"\x1dW": ("GS W", 2),
    b"\x1d^": ("GS ^", 3),
    b"\x1da": ("GS a", 1),
    b"\x1dr": ("GS r", 1),
    # Real-time commands are obeyed when they arrive; in the buffer they are passed over.
    b"\x10\x04": ("DLE EOT", 1),
    b"\x10\x05": ("DLE ENQ", 1),
    b"\x10\x14\x01": ("DLE DC4 1", 2),
    b"\x10\x14\x08": ("DLE DC4 8", 7),
}
PASSED_OVER = frozenset({"DLE EOT", "DLE ENQ", "DLE DC4 1", "DLE DC4 8"})


def _after_size(rest: bytes) -> int | None:
    """Bytes of `GS ( fn pL pH …` after its prefix."""
    return 3 + int.from_bytes(rest[1:3], "little") if len(rest) >= 3 else None


def _after_cut(rest: bytes) -> int | None:
    """GS V 0, 1, 48, 49 stand alone; 65 and 66 have a feed behind them (GS V, functions A and B)."""
    if not rest:
        return None
    return {0: 1, 1: 1, 48: 1, 49: 1, 65: 2, 66: 2}.get(rest[0], -1)


def _after_raster(rest: bytes) -> int | None:
    """Bytes of `GS v 0 m xL xH yL yH …` after its prefix."""
    if len(rest) < 5:
        return None
    width, height = int.from_bytes(rest[1:3], "little"), int.from_bytes(rest[3:5], "little")
    return 5 + width * height


# Name -> how many bytes follow, from what follows; None while that is not known yet, -1 when it is no command at all.
VARIABLE: dict[bytes, tuple[str, Callable[[bytes], int | None]]] = {
    b"\x1d(": ("GS (", _after_size),
    b"\x1dV": ("GS V", _after_cut),
    b"\x1dv0": ("GS v 0", _after_raster),
}
_LONGEST_NAME = 3


def first_command(buffer: bytes) -> Command | None:
    """The command or run of text at the start of `buffer`; None while more bytes are needed."""
    if not buffer:
        return None
    if buffer[0] >= 0x20 and buffer[0] != 0x7F:
        return _text(buffer)
    return _fixed(buffer) or _variable(buffer) or _rest(buffer)


def _text(buffer: bytes) -> Command:
    end = next((at for at, byte in enumerate(buffer) if byte < 0x20 or byte == 0x7F), len(buffer))
    return Command("text", buffer[:end], buffer[:end])


def _fixed(buffer: bytes) -> Command | None:
    for prefix, (name, length) in FIXED.items():
        whole = len(prefix) + length
        if buffer.startswith(prefix) and len(buffer) >= whole:
            return Command(name, buffer[len(prefix) : whole], buffer[:whole])
    return None


def _variable(buffer: bytes) -> Command | None:
    for prefix, (name, measure) in VARIABLE.items():
        length = measure(buffer[len(prefix) :]) if buffer.startswith(prefix) else None
        if length is not None and length < 0:
            return Command("unknown", buffer[: len(prefix) + 1], buffer[: len(prefix) + 1])
        if length is not None and len(buffer) >= len(prefix) + length:
            end = len(prefix) + length
            return Command(name, buffer[len(prefix) : end], buffer[:end])
    return None


def _rest(buffer: bytes) -> Command | None:
    """Nothing whole begins here: wait while something known may still come, else it is unknown."""
    names = (*FIXED, *VARIABLE)
    if buffer in [bytes([opener]) for opener in OPENERS]:
        return None
    if any(name.startswith(buffer) or buffer.startswith(name) for name in names):
        return None
    begun = (length for length in range(1, _LONGEST_NAME) if _begins(buffer[:length], names))
    known = max(begun, default=int(buffer[0] in OPENERS))
    return Command("unknown", buffer[: known + 1], buffer[: known + 1])


def _begins(start: bytes, names: tuple[bytes, ...]) -> bool:
    return any(name.startswith(start) for name in names)
