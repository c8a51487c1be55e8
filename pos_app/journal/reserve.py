"""Room kept free, so that a full disk can still take what became of a payment that is under way (reliability.md K1)."""

import os
from pathlib import Path

from pos_app.domain.events import ActivationIntended, ChargeStarted, Event, NoticeRead
from pos_app.journal.disk import has_no_room, sync_folder

RESERVE_BYTES = 8 * 1024 * 1024
_ROOM_TO_START = 256 * 1024  # index and log of the open segment, and of those that it is compared with

# What begins something: it must not begin where there may be no room for its end. Everything else tells what became
# of something that is under way already, or brings it to its end, and may take the reserve.
BEGINS: frozenset[type[Event]] = frozenset({NoticeRead, ActivationIntended, ChargeStarted})


class Reserve:
    """A file of `size` bytes that holds nothing and can be let go of. Construction makes nothing."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size
        self.is_there = False

    @property
    def size(self) -> int:
        """Bytes that it keeps free."""
        return self._size

    def make(self) -> bool:
        """Set the room aside if it isn't; False where the disk hasn't that much. Raises OSError."""
        if self.is_there or self._is_whole():
            self.is_there = True
            return True
        if self._free_bytes() < self._size:
            return False  # trying would take from everybody else what little there is
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
            os.fsync(handle)
        except OSError as error:
            self.free()
            if not has_no_room(error):
                raise
            return False
        finally:
            os.close(handle)
        sync_folder(self._path.parent)
        self.is_there = True
        return True

    def free(self) -> None:
        """Give the room back to the disk. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self.is_there = False

    def free_if_needed(self) -> None:
        """Give the room back where not even a start would find enough: what is open must be brought to its end."""
        if self._free_bytes() < _ROOM_TO_START:
            self.free()

    def _free_bytes(self) -> int:
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize

    def _is_whole(self) -> bool:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        return found.st_size >= self._size and found.st_blocks * 512 >= self._size  # a copied one may be all holes
