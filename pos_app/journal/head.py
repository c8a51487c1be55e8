"""The head mirror: the chain's last link kept beside it, so that a shortened chain is noticed (reliability.md D4).

Two slots of 512 bytes, written in turn, so that a torn write leaves the other one whole. A chain may lead its head by
one record (the process ended between the two writes, before the effect); it may never be shorter.
"""

import os
import struct
import zlib
from pathlib import Path

from pos_app.journal.chain import Tip
from pos_app.journal.disk import sync_folder

SLOT = 512
_LAYOUT = struct.Struct(">8sQ32s")
_MAGIC = b"POSHEAD1"


class HeadMirror:
    """The head of a chain, in a file of its own. Construction opens nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def open(self) -> Tip | None:
        """The newest whole slot; None where there is no head yet. Raises OSError."""
        new = not self._path.exists()
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if new:
            os.ftruncate(self._file, 2 * SLOT)
            os.fsync(self._file)
            sync_folder(self._path.parent)
            return None
        return read_head(self._path)

    def write(self, tip: Tip) -> None:
        """Make `tip` durable. Raises OSError."""
        assert self._file is not None, "open() comes first"
        os.pwrite(self._file, _slot(tip), SLOT * (tip.seq % 2))
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_head(path: Path) -> Tip | None:
    """The newest whole slot of the file at `path`; None where no slot is whole. Raises OSError."""
    data = path.read_bytes()
    tips = [tip for tip in (_parse(data[i * SLOT : (i + 1) * SLOT]) for i in range(2)) if tip is not None]
    return max(tips, key=lambda tip: tip.seq, default=None)


def _slot(tip: Tip) -> bytes:
    body = _LAYOUT.pack(_MAGIC, tip.seq, bytes.fromhex(tip.hash))
    return (body + zlib.crc32(body).to_bytes(4)).ljust(SLOT, b"\0")


def _parse(slot: bytes) -> Tip | None:
    body, check = slot[: _LAYOUT.size], slot[_LAYOUT.size : _LAYOUT.size + 4]
    if len(body) < _LAYOUT.size or zlib.crc32(body).to_bytes(4) != check:
        return None
    magic, seq, digest = _LAYOUT.unpack(body)
    return Tip(seq, digest.hex()) if magic == _MAGIC else None
