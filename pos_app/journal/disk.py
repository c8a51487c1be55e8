"""What the disk does to a journal: its refusals as sentences, its names made durable, its media that forget."""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pos_app.journal.errors import JournalFailed, JournalFull, JournalLocked

_MOUNTS = Path("/proc/self/mountinfo")
_FORGETFUL = frozenset({"tmpfs", "ramfs", "devtmpfs", "rootfs"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

# How a damaged file shows: where its schema holds bytes that are no text, Python can't even tell SQLite's complaint.
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)


@contextmanager
def disk_refusals(what: str) -> Iterator[None]:
    """Raise JournalFull, JournalFailed or JournalLocked, beginning with `what`, for what SQLite or the system say."""
    try:
        yield
    except (*UNREADABLE, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        if has_no_room(error):
            raise JournalFull(f"{what}: the disk is full ({reason}).") from error
        if isinstance(error, (sqlite3.OperationalError, OSError)):
            raise JournalFailed(f"{what}: {reason}.") from error
        raise JournalLocked(f"{what}: {reason}.") from error


def has_no_room(error: Exception) -> bool:
    """Whether this error says that the disk is full; SQLite has then rolled the record back by itself."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- media that forget ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Mount:
    """One line of /proc/self/mountinfo (proc_pid_mountinfo(5)); `options` are those of the file system itself."""

    point: str
    kind: str
    options: tuple[str, ...]


def why_volatile(folder: Path, mountinfo: Path = _MOUNTS) -> str | None:
    """Why a power cut would lose what is written to `folder`, as part of a sentence; None where it wouldn't."""
    mounts = [_mount(line) for line in mountinfo.read_text("utf-8", "surrogateescape").splitlines()]
    found = _mount_of(os.path.realpath(folder), mounts)
    if found is None:
        return None
    if found.kind in _FORGETFUL:
        return f"{found.kind} at {found.point}, which forgets everything at a power cut"
    return _why_overlay_is_volatile(found, mounts) if found.kind == "overlay" else None


def _why_overlay_is_volatile(overlay: Mount, mounts: list[Mount]) -> str | None:
    if "volatile" in overlay.options:
        return f"an overlay at {overlay.point} mounted volatile, which syncs nothing"
    upper = next((option.removeprefix("upperdir=") for option in overlay.options if option.startswith("upperdir=")), "")
    below = _mount_of(upper, mounts) if upper else None
    if below is not None and below.kind in _FORGETFUL:
        return f"an overlay at {overlay.point} on {below.kind}, which forgets everything at a power cut"
    return None


def _mount_of(path: str, mounts: list[Mount]) -> Mount | None:
    # Of equal points the last one is on top.
    holding = [mount for mount in mounts if f"{path}/".startswith(f"{mount.point.rstrip('/')}/")]
    return max(reversed(holding), key=lambda mount: len(mount.point), default=None)


def _mount(line: str) -> Mount:
    mounted, _, system = line.partition(" - ")
    kind, _, options = system.split(" ")
    return Mount(_unescaped(mounted.split(" ")[4]), kind, tuple(map(_unescaped, options.split(","))))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), text)
