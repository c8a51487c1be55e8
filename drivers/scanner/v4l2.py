"""A camera through V4L2: opened by its stable name, set as the profile asks, and asked what it made of that.

OpenCV gives no reasons and no errors: a setting that the camera lacks is passed over in silence. So the reasons are
looked for at the device, and every setting is read back: a camera that gives something else is told of.
"""

import errno
import os
from collections.abc import Callable, Iterator
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.errors import DeviceAbsent
from drivers.scanner.devices import OTHERWISE, CameraOptions, path_of

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_AUTOMATIC, _MANUAL = 3, 1  # V4L2_EXPOSURE_APERTURE_PRIORITY and V4L2_EXPOSURE_MANUAL
_ENOUGH = 0.9  # of the frames a second asked for: 29.97 is 30

_REASONS = {
    errno.ENOENT: "non è collegata: controllare il cavo",
    errno.ENODEV: "non è collegata: controllare il cavo",
    errno.ENXIO: "non è collegata: controllare il cavo",
    errno.EACCES: "non si può usare: manca il permesso (gruppo video)",
    errno.EPERM: "non si può usare: manca il permesso (gruppo video)",
    errno.EBUSY: "è usata da un altro programma: chiuderlo",
}
_BUSY_OR_NONE = "è usata da un altro programma, o non è una telecamera: chiudere l'altro programma"


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used of a camera."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether there is anything to read from."""
        ...

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        """Ask for a setting; what it answers is not to be trusted."""
        ...

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        """What a setting is now."""
        ...

    def read(self) -> "tuple[bool, cv2.typing.MatLike]":
        """Whether there was a frame, and the frame."""
        ...

    def release(self) -> None:
        """Let go of the device."""
        ...


class Captured:
    """Frames as OpenCV hands them over: live ones as they come. `remark`: what is not as it was asked for."""

    def __init__(self, capture: Capture, remark: str | None = None) -> None:
        self._capture = capture
        self.remark = remark

    def read(self) -> NDArray[np.uint8] | None:
        """See Source."""
        was_read, frame = self._capture.read()
        return np.asarray(frame, dtype=np.uint8) if was_read else None

    def close(self) -> None:
        """See Source."""
        self._capture.release()


def probe(path: str, *, open_device: Callable[[str, int], int] = os.open) -> None:
    """Raise DeviceAbsent where the device itself says why it can't be opened."""
    try:
        os.close(open_device(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        raise DeviceAbsent(_absent(path, _REASONS.get(error.errno or 0, "non si può aprire"))) from None


def open_camera(
    options: CameraOptions,
    *,
    capture: Callable[[str, int], Capture] = cv2.VideoCapture,
    probe: Callable[[str], None] = probe,
) -> Captured:
    """The camera, set. Raises DeviceAbsent with one sentence when it is not there, not ours to use, or busy."""
    path = path_of(options.device)
    probe(path)
    camera = capture(path, cv2.CAP_V4L2)
    if not camera.isOpened():
        camera.release()
        raise DeviceAbsent(_absent(path, _BUSY_OR_NONE))
    for name, value in _settings(options):
        camera.set(name, value)  # a camera that lacks one goes on with its own
    return Captured(camera, _remark(camera, options))


def _settings(options: CameraOptions) -> list[tuple[int, int]]:
    """Names and values in the order in which they must be set: the format decides which sizes there are.

    MJPG, because uncompressed 720p does not fit 30 times a second through USB 2; one buffer, because a second one holds
    a frame that is old already. Exposure in units of 100 µs, as V4L2 counts (auto exposure: 3 automatic, 1 manual).
    """
    manual = options.exposure > 0
    return [
        (cv2.CAP_PROP_FOURCC, _MJPG),
        (cv2.CAP_PROP_FRAME_WIDTH, options.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, options.height),
        (cv2.CAP_PROP_FPS, options.frames_a_second),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
        (cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL if manual else _AUTOMATIC),
        *([(cv2.CAP_PROP_EXPOSURE, options.exposure)] if manual else []),
    ]


def _remark(camera: Capture, options: CameraOptions) -> str | None:
    """What the camera gives instead of what it was asked for."""
    differences = list(_differences(camera, options))
    if not differences:
        return None
    return f"La telecamera dà {', '.join(differences)}: tenere l'avviso più vicino, o correggere il profilo."


def _differences(camera: Capture, options: CameraOptions) -> Iterator[str]:
    width, height = (round(camera.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if (width, height) != (options.width, options.height):
        yield f"immagini di {width}x{height} punti invece di {options.width}x{options.height}"
    code = round(camera.get(cv2.CAP_PROP_FOURCC))
    if code != _MJPG:
        yield f"il formato {_named(code)} invece di MJPG"
    rate = camera.get(cv2.CAP_PROP_FPS)
    if 0 < rate < _ENOUGH * options.frames_a_second:
        yield f"{rate:.0f} immagini al secondo invece di {options.frames_a_second}"
    exposure = round(camera.get(cv2.CAP_PROP_EXPOSURE)) if options.exposure else options.exposure
    if exposure != options.exposure:
        yield f"un'esposizione di {exposure} invece di {options.exposure}"


def _named(code: int) -> str:
    letters = (chr(code >> shift & 0xFF) for shift in (0, 8, 16, 24))
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in letters).strip() or "?"


def _absent(path: str, reason: str) -> str:
    return f"La telecamera {path} {reason}; {OTHERWISE}"
