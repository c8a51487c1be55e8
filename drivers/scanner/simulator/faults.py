"""Readers that misbehave as a decoder on a hostile picture might; for processes that must survive them."""

import ctypes
import faulthandler
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.scanner.files import Reading, read_file
from drivers.scanner.watching import Reader, real_reader
from drivers.scanner.zxing import Look


@dataclass(frozen=True)
class FaultyReader:
    """Reads like `read_file`, but crashes on files named `crash*` and hangs on files named `hang*`."""

    def __call__(self, path: Path, *, beat: Callable[[], None]) -> Reading:
        """Read, crash or hang."""
        if path.name.startswith("crash"):
            faulthandler.disable()  # in a forked process it would write to our screen
            ctypes.string_at(0)  # a segmentation fault, as a decoder's memory error would be
        while path.name.startswith("hang"):
            time.sleep(1)
        return read_file(path, beat=beat)


@dataclass(frozen=True)
class FaultyFrameReader:
    """Reads frames like `FrameReader`, but not every code; it goes by how that begins.

    It crashes on `crash`, hangs on `hang`, and of `unread` it sees no more than the place.
    """

    reader: Reader = field(default_factory=real_reader)

    def look(self, frame: Any) -> Look:
        """Read, crash, hang or miss."""
        look = self.reader.look(frame)
        for code in look.found:
            if code.data.startswith(b"crash"):
                ctypes.string_at(0)
            while code.data.startswith(b"hang"):
                time.sleep(1)
        missed = [code for code in look.found if code.data.startswith(b"unread")]
        read = [code for code in look.found if code not in missed]
        return Look(read, look.unread + [code.corners for code in missed])
