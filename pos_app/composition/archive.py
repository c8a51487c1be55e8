"""The journal's sealed months: opening it reads their seals; here every record of them is looked at."""

import subprocess
import sys
import threading
from pathlib import Path

from pos_app.journal.errors import JournalLocked
from pos_app.journal.layout import segment_names
from pos_app.journal.reader import JournalReader

LOCKED = 6
SMALL = 64 * 1024**2  # bytes that are walked in well under a second
_SLICE = 0.5


def size(journal: Path) -> int:
    """Bytes in the sealed months."""
    return sum((journal / f"{name}.db").stat().st_size for name in segment_names(journal)[:-1])


def look_through(journal: Path) -> None:
    """Walk the sealed months at once, where that takes no time. Raises JournalLocked."""
    if size(journal) <= SMALL:
        JournalReader(journal).verify_sealed()


def keep_looking(
    journal: Path, settings_file: Path | None, stop: threading.Event, *, already_seen: int = SMALL
) -> None:
    """Walk them in a process of its own, beside the payments, where `look_through` did not. Raises JournalLocked."""
    if size(journal) <= already_seen:
        return
    settings = ["--settings", str(settings_file)] if settings_file else []
    command = ["nice", sys.executable, "-m", "pos_app", "journal", "verify", *settings]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            if stop.wait(_SLICE):
                process.kill()
                return
        if process.returncode == LOCKED and process.stderr is not None:
            raise JournalLocked(process.stderr.read().strip(), advice="")
