"""Which printers the double can be, and what can go wrong with them, as tables."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

# What each model answers. Printers without an ability take its command in silence.
MODELS: dict[str, frozenset[str]] = {
    "epson": frozenset({"real_time", "clear", "asb", "gs_r", "process_id", "identity", "macro"}),
    "clone": frozenset({"real_time", "asb", "gs_r", "macro"}),
    "simple": frozenset({"real_time", "asb", "macro"}),
    "compact": frozenset({"real_time", "clear", "asb", "gs_r", "process_id", "identity"}),  # an epson without macros
    "plain": frozenset({"real_time", "asb", "gs_r"}),  # a clone without macros
    "old": frozenset({"real_time"}),
    "mute": frozenset(),
}

# Faults and repairs that a script or a test may cause, and what each of them sets in the printer's Health.
FAULTS: dict[str, dict[str, float | bool]] = {
    "paper_out": {"paper_mm": 0.0},
    "paper_low": {"paper_mm": 50.0},
    "new_roll": {"paper_mm": 80_000.0},
    "cover_open": {"cover_open": True},
    "cover_closed": {"cover_open": False},
    "cutter_jam": {"cutter_jammed": True},
    "cutter_freed": {"cutter_jammed": False},
    "broken": {"broken": True},
    "repaired": {"broken": False},
    "hot": {"hot": True},
    "cooled": {"hot": False},
    "mute": {"mute": True},
    "talking": {"mute": False},
    "mute_when_stopped": {"mute_when_stopped": True},  # USB and network models that go silent while offline
    "power_cut": {},
}
LOSES_POWER = frozenset({"power_cut"})  # buffer, line and settings are gone

HANDSHAKES = ("hold", "xonxoff", "none")  # a full buffer holds the line, sends XOFF, or loses bytes


class ScriptError(ValueError):
    """A script that cannot be; the message says where."""


@dataclass(frozen=True)
class Fault:
    """`name` of FAULTS happens once `at_mm` millimetres are printed, or `after_seconds` since the fault before it.

    `at_byte` waits for the so many bytes of print data: what was received since the first ESC @.
    """

    name: str
    at_mm: float = 0.0
    after_seconds: float = 0.0
    at_byte: int = 0

    def __post_init__(self) -> None:
        """Refuse a name that the table does not have."""
        if self.name not in FAULTS:
            raise ScriptError(f"fault {self.name!r}: must be one of {', '.join(FAULTS)}")


@dataclass(frozen=True)
class Script:
    """What kind of printer the double is and what happens to it.

    `speed_mm_s` 0 prints at once; `baudrate` 0 takes bytes as fast as they come, else at ten bits a byte.
    """

    model: str = "epson"
    paper_mm: float = 80_000.0
    near_end_mm: float = 60.0
    speed_mm_s: float = 0.0
    baudrate: int = 0
    buffer_bytes: int = 4096
    handshake: str = "hold"
    answer_seconds: float = 0.0
    boot_seconds: float = 2.0  # after a power cut
    noise: bytes = b""  # sent before each answer
    glitch: bytes = b""  # what a line seems to bring when the power goes: a break reads as NUL
    faults: tuple[Fault, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check the choices against their tables."""
        if self.model not in MODELS:
            raise ScriptError(f"model {self.model!r}: must be one of {', '.join(MODELS)}")
        if self.handshake not in HANDSHAKES:
            raise ScriptError(f"handshake {self.handshake!r}: must be one of {', '.join(HANDSHAKES)}")


def read_script(path: Path) -> Script:
    """A TOML file: `[printer]` with the fields of Script (bytes in hex), `[[fault]]` with those of Fault.

    Raises ScriptError naming the file and the mistake.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _script(table)
    except (OSError, ValueError, TypeError) as error:
        raise ScriptError(f"{path}: {error}") from error


def _script(table: Mapping[str, Any]) -> Script:
    _refuse_unknown(table, {"printer", "fault"}, "")
    printer = dict(table.get("printer", {}))
    _refuse_unknown(printer, {known.name for known in fields(Script)} - {"faults"}, "printer.")
    for name in {"noise", "glitch"} & printer.keys():
        printer[name] = bytes.fromhex(printer[name])
    return Script(**printer, faults=tuple(Fault(**fault) for fault in table.get("fault", [])))


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ScriptError(f"{where}{key} is unknown: must be one of {', '.join(sorted(known))}")
