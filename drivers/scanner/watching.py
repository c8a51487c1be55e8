"""The process that sees: one thread takes frames from the camera, the other reads the newest one and tells of it.

It is spawned by `camera.CameraScanner` and knows nothing of it but the pipe: reports go out, whether anybody wants
codes comes in. When it hangs, or the pipe ends, it is over.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Protocol

from drivers.scanner.capturing import Shot, capture
from drivers.scanner.devices import OTHERWISE, CameraOptions, Kind, kind_of
from drivers.scanner.gather import View
from drivers.scanner.newest import Newest, Trouble

if TYPE_CHECKING:
    from drivers.scanner.preview import PreviewFrame
    from drivers.scanner.zxing import Look

BEAT = 0.25  # seconds at most between two reports
_SILENT = 1.0  # seconds without a frame after which that is told
_OPENING = 0.5  # seconds more until the first one
_STUCK = 5.0  # seconds the camera's driver may take for one call; then only a new process helps
_PREVIEW_GAP = 0.08  # seconds between two previews: a dozen a second look alive

# For OpenCV, which reads them when it is loaded: otherwise it writes to the terminal's screen, and waits ten seconds
# for a camera that sends nothing.
_ENVIRONMENT = {
    "OPENCV_LOG_LEVEL": "OFF",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",
}


@dataclass(frozen=True)
class Report:
    """What there is to tell: a frame's view, or how the source stands. `waited` seconds the frame lay unread.

    `remark`: what the camera gives instead of what it was asked for, in one sentence.
    """

    view: View | None = None
    trouble: Trouble | None = None
    ended: bool = False
    waited: float = 0.0
    remark: str | None = None
    preview: "PreviewFrame | None" = None


class Reader(Protocol):
    """Reads frames: drivers.scanner.frames.FrameReader, or its faulty double."""

    def look(self, frame: Any, /) -> "Look":
        """The codes in a frame, and the places that look like one."""
        ...


def real_reader() -> Reader:
    """The product's own."""
    from drivers.scanner.frames import FrameReader  # noqa: PLC0415 - OpenCV loads in the process that sees, not before

    return FrameReader()


def watch(connection: Connection, options: CameraOptions, make_reader: Callable[[], Reader]) -> None:
    """Run until the pipe ends or the camera's driver hangs: what the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the terminal, which ends us
    os.environ.update(_ENVIRONMENT)
    newest: Newest[Shot] = Newest(time.monotonic)
    threading.Thread(target=capture, args=(options, newest), daemon=True).start()
    with suppress(OSError, EOFError):
        Watcher(connection, newest, make_reader(), is_live=kind_of(options.device) is not Kind.VIDEO).run()
    os._exit(0)  # not even a camera's driver that hangs may keep us


class Watcher:
    """Reads the newest frame, tells of it, and of the camera's health."""

    def __init__(self, connection: Connection, newest: Newest[Shot], reader: Reader, *, is_live: bool) -> None:
        from drivers.scanner.health import Health  # noqa: PLC0415 - see real_reader

        self._connection = connection
        self._newest = newest
        self._reader = reader
        self._is_live = is_live
        self._health = Health()
        self._is_wanted = True
        self._number = 0
        self._last_frame = time.monotonic() + _OPENING
        self._last_preview = 0.0

    def run(self) -> None:
        """Until the driver hangs. Raises OSError or EOFError when the pipe ends."""
        while self._newest.ended or time.monotonic() - self._newest.heard < _STUCK:
            while self._connection.poll():
                self._is_wanted = self._connection.recv()
            shot = self._newest.take(timeout=BEAT)
            if shot is None:
                self._connection.send(self._without_frame(time.monotonic()))
            else:
                self._see(shot)

    def _without_frame(self, now: float) -> Report:
        trouble, ended = self._newest.trouble, self._newest.ended
        is_silent = now - self._last_frame > _SILENT and not ended
        return Report(trouble=trouble or (Trouble(_silent()) if is_silent else None), ended=ended)

    def _see(self, shot: Shot) -> None:
        from drivers.scanner.stages import gray_of  # noqa: PLC0415 - see real_reader

        waited, gray = time.monotonic() - shot.at, gray_of(shot.frame)
        self._number, self._last_frame = self._number + 1, shot.at
        sentence = self._health.judge(gray, shot.at) if self._is_live else None
        height, width = gray.shape
        if self._is_wanted and sentence is None:
            look = self._reader.look(gray)
            view = View(tuple(look.found), tuple(look.unread), width, height)
        else:
            view = View(width=width, height=height)
        trouble = Trouble(sentence) if sentence else None
        self._connection.send(Report(view, trouble, waited=waited, remark=self._newest.remark))
        self._show(gray, view, shot.at)

    def _show(self, gray: Any, view: View, now: float) -> None:
        from drivers.scanner.preview import small  # noqa: PLC0415 - see real_reader

        if now - self._last_preview >= _PREVIEW_GAP:
            self._last_preview = now
            self._connection.send(Report(preview=small(gray, view.found, self._number)))


def _silent() -> str:
    return f"La telecamera non manda più immagini: controllare il cavo; {OTHERWISE}"
