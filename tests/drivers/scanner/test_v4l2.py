"""A camera through V4L2, as far as it can be had without one: a stand-in where OpenCV would be."""

import errno
import time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import DeviceAbsent
from drivers.scanner.capturing import Shot, capture
from drivers.scanner.devices import CameraOptions
from drivers.scanner.newest import Newest
from drivers.scanner.simulator.usb_camera import UsbCamera
from drivers.scanner.sources import Source
from drivers.scanner.v4l2 import Captured, open_camera, probe

STABLE = "/dev/pos/camera"
MJPG = cv2.VideoWriter.fourcc(*"MJPG")
YUYV = cv2.VideoWriter.fourcc(*"YUYV")


def anything(_: str) -> None:
    """A device that can be opened."""


def opened(camera: UsbCamera, options: CameraOptions | None = None) -> Captured:
    asked: list[tuple[str, int]] = []

    def plugged(path: str, backend: int) -> UsbCamera:
        asked.append((path, backend))
        return camera

    source = open_camera(options or CameraOptions(), capture=plugged, probe=anything)
    assert asked == [(STABLE, cv2.CAP_V4L2)]
    return source


def test_the_camera_is_set_as_the_profile_asks_the_format_first_and_one_buffer_only() -> None:
    camera = UsbCamera()
    assert opened(camera).remark is None
    assert camera.settings == [
        (cv2.CAP_PROP_FOURCC, MJPG),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
        (cv2.CAP_PROP_AUTO_EXPOSURE, 3),
    ]
    assert camera.get(cv2.CAP_PROP_BUFFERSIZE) == 1


def test_a_fixed_exposure_is_set_after_the_automatic_one_is_off() -> None:
    camera = UsbCamera()
    assert opened(camera, CameraOptions(exposure=80)).remark is None
    assert camera.settings[-2:] == [(cv2.CAP_PROP_AUTO_EXPOSURE, 1), (cv2.CAP_PROP_EXPOSURE, 80)]
    assert camera.get(cv2.CAP_PROP_EXPOSURE) == 80


@pytest.mark.parametrize(
    ("camera", "exposure", "told"),
    [
        (UsbCamera(sizes=((640, 480),)), 0, "immagini di 640x480 punti invece di 1280x720"),
        (UsbCamera(formats=(YUYV,)), 0, "il formato YUYV invece di MJPG, 10 immagini al secondo invece di 30"),
        (UsbCamera(takes_exposure=False), 80, "un'esposizione di 156 invece di 80"),
    ],
)
def test_a_camera_that_gives_something_else_is_told_of(camera: UsbCamera, exposure: int, told: str) -> None:
    remark = f"La telecamera dà {told}: tenere l'avviso più vicino, o correggere il profilo."
    assert opened(camera, CameraOptions(exposure=exposure)).remark == remark


def test_a_camera_that_another_program_uses_is_told_and_let_go_of() -> None:
    camera = UsbCamera(busy=True)
    with pytest.raises(DeviceAbsent, match=r"/dev/pos/camera è usata da un altro programma, o non è una telecamera"):
        opened(camera)
    assert camera.released == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOENT, "La telecamera /dev/pos/camera non è collegata: controllare il cavo; intanto"),
        (errno.ENODEV, "non è collegata"),
        (errno.EACCES, r"non si può usare: manca il permesso \(gruppo video\)"),
        (errno.EBUSY, "è usata da un altro programma: chiuderlo"),
        (errno.EIO, "non si può aprire"),
    ],
)
def test_what_the_device_itself_says_is_told(code: int, sentence: str) -> None:
    def refuse(_: str, __: int) -> int:
        raise OSError(code, "no")

    with pytest.raises(DeviceAbsent, match=sentence):
        open_camera(CameraOptions(), probe=lambda path: probe(path, open_device=refuse))


# --- the camera's thread -----------------------------------------------------------------------


class GivenUpError(Exception):
    """Ends the thread's endless loop."""


def frame(level: int) -> NDArray[np.uint8]:
    return np.full((4, 4, 3), level, np.uint8)


def run_until_given_up(sockets: list[UsbCamera | None], newest: Newest[Shot]) -> list[str | int]:
    """Capture from what is in the socket at each opening: a camera, or none; which names were opened."""
    names: list[str | int] = []

    def open_source(options: CameraOptions) -> Source:
        names.append(options.device)
        if not sockets:
            raise GivenUpError
        camera = sockets.pop(0)
        if camera is None:
            raise DeviceAbsent("La telecamera non è collegata.")
        return opened(camera, options)

    with pytest.raises(GivenUpError):
        capture(CameraOptions(), newest, open_source=open_source, sleep=lambda _: None)
    return names


def test_an_unplugged_camera_is_opened_again_by_its_stable_name_until_it_is_back() -> None:
    newest: Newest[Shot] = Newest(time.monotonic)
    first, second = UsbCamera([frame(1), frame(2)]), UsbCamera([frame(3)], sizes=((640, 480),))
    assert run_until_given_up([first, None, None, second], newest) == [STABLE] * 5
    assert (first.released, second.released) == (1, 1)
    shot = newest.take(timeout=0)
    assert shot is not None
    assert shot.frame[0, 0, 0] == 3
    assert "640x480" in (newest.remark or "")


def test_of_all_frames_that_came_only_the_newest_waits() -> None:
    newest: Newest[Shot] = Newest(time.monotonic)
    run_until_given_up([UsbCamera([frame(level) for level in range(30)])], newest)
    shot = newest.take(timeout=0)
    assert shot is not None
    assert shot.frame[0, 0, 0] == 29
    assert newest.take(timeout=0) is None


def test_while_it_is_gone_the_reason_is_there_to_be_told() -> None:
    newest: Newest[Shot] = Newest(time.monotonic)
    run_until_given_up([UsbCamera([frame(1)]), None], newest)
    assert newest.trouble is not None
    assert (newest.trouble.sentence, newest.trouble.absent) == ("La telecamera non è collegata.", True)
