"""The one macro of a printer: GS : and GS ^ (TM-T88III specification). It is lost with the power, and only then."""

from drivers.printer.simulator.grammar import Command

MOST = 2048  # bytes; what is more is not stored


class Macro:
    """What stands between two GS :, obeyed while it is defined and whenever it is executed."""

    def __init__(self) -> None:
        self._defined = b""
        self._being_defined: bytes | None = None

    def begin_or_end(self) -> None:
        """GS : begins a definition, or ends the one under way; an empty one is none."""
        if self._being_defined is None:
            self._being_defined = b""
            return
        self._defined, self._being_defined = self._being_defined[:MOST], None

    def note(self, command: Command) -> None:
        """`command` was taken from the buffer: part of the definition, if there is one under way."""
        if self._being_defined is not None and command.name not in ("GS :", "GS ^"):
            self._being_defined += command.raw

    def content(self) -> bytes:
        """What GS ^ executes. In the middle of a definition it ends that one, and nothing is defined any more."""
        if self._being_defined is not None:
            self._defined, self._being_defined = b"", None
        return self._defined
