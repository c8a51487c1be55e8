"""Readers that misbehave as a decoder on a hostile picture might; for processes that must survive them."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.scanner.files import Reading, read_file


@dataclass(frozen=True)
class FaultyReader:
    """Reads like `read_file`, but crashes on files named `crash*` and hangs on files named `hang*`."""

    def __call__(self, path: Path, *, beat: Callable[[], None]) -> Reading:
        """Read, crash or hang."""
        if path.name.startswith("crash"):
            ctypes.string_at(0)  # a segmentation fault, as a decoder's memory error would be
        while path.name.startswith("hang"):
            time.sleep(1)
        return read_file(path, beat=beat)
