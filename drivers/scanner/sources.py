"""Where frames come from: a camera (V4L2), a stream over the network, a video file; all through OpenCV.

Only the process that sees frames imports this module. A source that cannot be opened says so in one sentence.
"""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.errors import DeviceAbsent
from drivers.scanner.devices import OTHERWISE, CameraOptions, Kind, kind_of, path_of
from drivers.scanner.paths import shown
from drivers.scanner.v4l2 import Captured, open_camera

NETWORK_TIMEOUT = 1500  # milliseconds to connect, and between two frames
_PICTURE_TIME = 30.0  # frames a second where a file does not say
_MOST_RATE = 120.0  # a file that claims more is not believed

BGR = NDArray[np.uint8]


class Source(Protocol):
    """Frames, one after another. `remark`: in one sentence, what is not as it was asked for."""

    remark: str | None

    def read(self) -> BGR | None:
        """The next frame, when it is there; None when there is none any more."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class Paced:
    """Frames of a file at the pace at which they were taken: OpenCV would hand them over as fast as it can."""

    def __init__(
        self,
        source: Source,
        rate: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self.remark = source.remark
        self._gap = 1 / (rate if 0 < rate <= _MOST_RATE else _PICTURE_TIME)
        self._monotonic = monotonic
        self._sleep = sleep
        self._due: float | None = None

    def read(self) -> BGR | None:
        """See Source; at its time, never before."""
        frame = self._source.read()
        now = self._monotonic()
        due = now if self._due is None else self._due
        self._sleep(max(0.0, due - now))
        self._due = max(due, now) + self._gap
        return frame

    def close(self) -> None:
        """See Source."""
        self._source.close()


def open_source(options: CameraOptions) -> Source:
    """Raises DeviceAbsent with one sentence when there is nothing to read from."""
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # what it writes to the terminal's screen, the sentence says better
    return _OPENERS[kind_of(options.device)](options)


def _open_stream(options: CameraOptions) -> Source:
    timeouts = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, NETWORK_TIMEOUT, cv2.CAP_PROP_READ_TIMEOUT_MSEC, NETWORK_TIMEOUT)
    capture = cv2.VideoCapture(path_of(options.device), cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise DeviceAbsent(f"La telecamera in rete non risponde: controllare indirizzo e rete; {OTHERWISE}")
    return Captured(capture)


def _open_video(options: CameraOptions) -> Source:
    path = Path(path_of(options.device))
    capture = cv2.VideoCapture(str(path)) if _is_readable(path) else None
    if capture is None or not capture.isOpened():
        raise DeviceAbsent(f"Il video {shown(path)} non si può aprire: servono AVI, MKV o MP4.")
    return Paced(Captured(capture), capture.get(cv2.CAP_PROP_FPS))


def _is_readable(path: Path) -> bool:
    return path.exists() and not stat.S_ISDIR(path.stat().st_mode) and os.access(path, os.R_OK)


_OPENERS: dict[Kind, Callable[[CameraOptions], Source]] = {
    Kind.CAMERA: open_camera,
    Kind.STREAM: _open_stream,
    Kind.VIDEO: _open_video,
}
