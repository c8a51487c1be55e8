"""Which exit code an error ends in, and the sentence for it (interfaces.md, "Common exit codes")."""

import logging
import secrets

from hw_profiles import FileMistakes
from pos_app.errors import UserError
from pos_app.journal.errors import JournalError, JournalInUse, JournalLocked
from pos_app.sandbox.sandbox import SandboxError

OUR_MISTAKE = 70

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (FileMistakes, 5),
    (SandboxError, 5),
    (JournalLocked, 6),
    (JournalInUse, 8),
    (JournalError, 6),
    (ValueError, 5),
    (OSError, 5),
)


def explain(error: Exception) -> tuple[str, int]:
    """The sentence for the person at the keyboard, and the exit code. What nobody expected gets an id in the log."""
    if isinstance(error, UserError):
        return str(error), error.exit_code
    for kind, code in _CODES:
        if isinstance(error, kind) and _is_told(error):
            return str(error), code
    number = secrets.token_hex(4)
    logging.getLogger("pos_app").error("mistake %s: %s", number, type(error).__name__, exc_info=error)
    return f"Our mistake: please report it with the number {number}, found in the log.", OUR_MISTAKE


def _is_told(error: Exception) -> bool:
    # A bare ValueError or OSError is a sentence only where a room of ours raised it on purpose, as text.
    return type(error) not in (ValueError, OSError) or bool(error.args and isinstance(error.args[0], str))
