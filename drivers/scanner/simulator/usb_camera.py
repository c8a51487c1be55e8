"""A USB camera at OpenCV's boundary: takes settings as a real one does, in its own way, and can be unplugged.

What it imitates of V4L2 through OpenCV: a format must be set before the size, a size it lacks becomes the nearest it
has, uncompressed pictures come slowly, `set` answers True whatever became of it, and an unplugged one reads False.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
_YUYV = cv2.VideoWriter.fourcc(*"YUYV")
_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_AUTOMATIC, _MANUAL = 3.0, 1.0
_UNCOMPRESSED_PIXELS = 640 * 480 * 30  # a second, through USB 2


@dataclass
class UsbCamera:
    """One camera in its socket; `sizes` it has, `formats` it knows, whether it `takes_exposure`, and its `frames`.

    `settings` is what it was asked for, in that order. `frames` are handed out one by one; then it is unplugged.
    """

    frames: list[Gray] = field(default_factory=list)
    sizes: tuple[tuple[int, int], ...] = ((640, 480), (1280, 720), (1920, 1080))
    formats: tuple[int, ...] = (_YUYV, _MJPG)
    takes_exposure: bool = True
    busy: bool = False
    settings: list[tuple[int, float]] = field(default_factory=list)
    released: int = 0

    def __post_init__(self) -> None:
        """As it comes out of its box."""
        self._wanted = (640, 480)
        self._now = {cv2.CAP_PROP_FOURCC: _YUYV, cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_BUFFERSIZE: 4.0}
        self._now |= {cv2.CAP_PROP_AUTO_EXPOSURE: _AUTOMATIC, cv2.CAP_PROP_EXPOSURE: 156.0}

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether it is ours."""
        return not self.busy

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        """Take it, or something like it, or nothing; say True."""
        self.settings.append((propId, value))
        if propId == cv2.CAP_PROP_FRAME_WIDTH:
            self._wanted = (int(value), self._wanted[1])
        elif propId == cv2.CAP_PROP_FRAME_HEIGHT:
            self._wanted = (self._wanted[0], int(value))
        elif self._takes(propId, value):
            self._now[propId] = value
        return True

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        """What it is set to."""
        width, height = min(
            self.sizes, key=lambda size: abs(size[0] - self._wanted[0]) + abs(size[1] - self._wanted[1])
        )
        if propId == cv2.CAP_PROP_FPS and self._now[cv2.CAP_PROP_FOURCC] == _YUYV:
            return min(self._now[propId], _UNCOMPRESSED_PIXELS / (width * height))
        sides = {cv2.CAP_PROP_FRAME_WIDTH: float(width), cv2.CAP_PROP_FRAME_HEIGHT: float(height)}
        return sides.get(propId, self._now.get(propId, -1.0))

    def read(self) -> tuple[bool, Gray]:
        """The next frame; False when it is unplugged."""
        return (True, self.frames.pop(0)) if self.frames else (False, np.empty((0, 0), np.uint8))

    def release(self) -> None:
        """Let go."""
        self.released += 1

    def _takes(self, name: int, value: float) -> bool:
        if name == cv2.CAP_PROP_FOURCC:
            return value in self.formats
        is_exposed_by_hand = self._now[cv2.CAP_PROP_AUTO_EXPOSURE] == _MANUAL
        return name != cv2.CAP_PROP_EXPOSURE or (self.takes_exposure and is_exposed_by_hand)
