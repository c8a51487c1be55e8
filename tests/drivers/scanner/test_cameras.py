"""A camera as the terminal meets it: a stand-in on the loopback that is unplugged, goes dark, freezes and hangs."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import DeviceAbsent, DeviceError, DeviceRefused, DeviceUnanswered
from drivers.scanner import camera
from drivers.scanner.camera import CameraScanner
from drivers.scanner.devices import CameraOptions, Kind, kind_of, path_of
from drivers.scanner.simulator.faults import FaultyFrameReader
from drivers.scanner.simulator.stand_in import StandInCamera
from drivers.scanner.sources import Paced, open_source
from drivers.scanner.watching import Reader, real_reader

Gray = NDArray[np.uint8]
Draw = Callable[..., Gray]
NOTICE = b"PAGOPA|002|301000000000012373|77777777777|12550"


def no_tick() -> None:
    pass


@contextmanager
def watching(device: str, make_reader: Callable[[], Reader] = real_reader) -> Iterator[CameraScanner]:
    scanner = CameraScanner(CameraOptions(device=device), make_reader=make_reader)
    stop = threading.Event()
    thread = threading.Thread(target=scanner.serve, args=(stop,))
    thread.start()
    try:
        yield scanner
    finally:
        stop.set()
        thread.join()


def texts(scanner: CameraScanner, timeout: float = 15) -> list[str]:
    try:
        return [code.text for code in scanner.scan(timeout=timeout, tick=no_tick)]
    except DeviceUnanswered:  # a busy machine may bring no picture for a while, which is told once
        return [code.text for code in scanner.scan(timeout=timeout, tick=no_tick)]


def trouble(scanner: CameraScanner) -> tuple[float, DeviceError]:
    """What is told, and after how many seconds."""
    start = time.monotonic()
    with pytest.raises(DeviceError) as told:
        scanner.scan(timeout=15, tick=no_tick)
    return time.monotonic() - start, told.value


@pytest.fixture
def shown(qr_picture: Draw, on_desk: Draw) -> Callable[..., Gray]:
    """`shown(b"…", …)`: codes side by side on a small desk, the first one at the aim."""

    def show(*codes: bytes) -> Gray:
        pictures = [qr_picture(data) for data in codes]
        left, top = (320 - pictures[0].shape[1] // 2, 180 - pictures[0].shape[0] // 2) if pictures else (0, 0)
        desk = on_desk(*((picture, left + 200 * place, top) for place, picture in enumerate(pictures)))
        return np.ascontiguousarray(desk[:360, :640])

    return show


@pytest.mark.slow(reason="waits for what a camera's trouble takes to be noticed, seven times over")
def test_whatever_becomes_of_a_camera_is_told_within_two_seconds_and_mends_itself(shown: Callable[..., Gray]) -> None:
    ticks: list[float] = []
    with StandInCamera(shown(NOTICE)) as stand_in, watching(stand_in.url, FaultyFrameReader) as scanner:
        assert texts(scanner) == [NOTICE.decode()]
        preview = scanner.preview.latest()
        assert preview is not None
        assert (preview.jpeg[:2], len(preview.outline)) == (b"\xff\xd8", 4)

        stand_in.picture = shown(b"two", b"three")
        assert texts(scanner) == ["two", "three"]

        stand_in.picture = shown()  # nobody changes sheets in the twinkling of an eye
        assert texts(scanner, timeout=0.6) == []
        stand_in.picture = shown(b"unread", b"beside it")
        after, told = trouble(scanner)
        assert (type(told), str(told), after < 2) == (DeviceRefused, camera.DOUBT, True)
        hints = [scanner.preview.hint]
        stand_in.picture = shown(b"beside it", b"unread")  # brought to the aim
        assert texts(scanner) == ["beside it"]
        assert [*hints, scanner.preview.hint] == [camera.DOUBT, None]

        stand_in.stop()
        after, told = trouble(scanner)
        assert (type(told), after < 2) == (DeviceAbsent, True)
        assert "non risponde: controllare indirizzo e rete; intanto si possono digitare i numeri" in str(told)
        with pytest.raises(DeviceAbsent):  # told again, but at the end of its time: nobody is kept busy
            scanner.scan(timeout=0.4, tick=lambda: ticks.append(time.monotonic()))
        assert ticks
        assert scanner.preview.latest() is None
        stand_in.start()
        stand_in.picture = shown(b"four")
        assert texts(scanner) == ["four"]

        stand_in.picture = np.zeros_like(stand_in.picture)
        after, told = trouble(scanner)
        assert (type(told), "vede nero" in str(told), after < 2) == (DeviceUnanswered, True, True)

        stand_in.picture, stand_in.frozen = shown(), True
        after, told = trouble(scanner)
        assert (type(told), "sempre la stessa immagine" in str(told), after < 2) == (DeviceUnanswered, True, True)

        stand_in.frozen = False
        assert texts(scanner, timeout=0.5) == []
        stand_in.stalled = True
        after, told = trouble(scanner)
        assert (type(told), "non manda più immagini" in str(told), after < 2) == (DeviceUnanswered, True, True)

        stand_in.stalled, stand_in.picture = False, shown(b"crash")
        assert "è caduta e riparte da sola" in str(trouble(scanner)[1])
        stand_in.picture = shown(b"five")
        assert texts(scanner) == ["five"]

        stand_in.picture = shown(b"hang")
        after, told = trouble(scanner)
        assert ("si è bloccata e riparte da sola" in str(told), after < 2) == (True, True)
        stand_in.picture = shown(b"six")
        assert texts(scanner) == ["six"]


def test_a_camera_that_is_not_plugged_in_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        DeviceAbsent, match=r"La telecamera /dev/pos-none non è collegata: controllare il cavo; intanto"
    ):
        open_source(CameraOptions(device="/dev/pos-none"))


def test_what_is_no_camera_is_told() -> None:
    with pytest.raises(DeviceAbsent, match=r"/dev/null è usata da un altro programma, o non è una telecamera"):
        open_source(CameraOptions(device="/dev/null"))


@pytest.mark.skipif(os.getuid() == 0, reason="root may open everything")
def test_a_camera_without_permission_is_told() -> None:
    with pytest.raises(DeviceAbsent, match="manca il permesso"):
        open_source(CameraOptions(device="/dev/mem"))


@pytest.mark.parametrize(
    ("device", "path", "kind"),
    [
        (0, "/dev/video0", Kind.CAMERA),
        ("2", "/dev/video2", Kind.CAMERA),
        ("/dev/pos/camera", "/dev/pos/camera", Kind.CAMERA),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/", Kind.STREAM),
        ("RTSP://camera/1", "RTSP://camera/1", Kind.STREAM),
        ("clip.avi", "clip.avi", Kind.VIDEO),
    ],
)
def test_a_device_is_a_camera_a_stream_or_a_video(device: str | int, path: str, kind: Kind) -> None:
    assert (path_of(device), kind_of(device)) == (path, kind)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"device": ""}, "device"),
        ({"device": -1}, "device"),
        ({"width": 5}, "width and height"),
        ({"frames_a_second": 0}, "frames_a_second"),
        ({"exposure": -1}, "exposure"),
    ],
)
def test_options_that_no_camera_can_take_are_refused(wrong: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CameraOptions(**wrong)


# --- video files -------------------------------------------------------------------------------


@pytest.fixture
def video(tmp_path: Path) -> Callable[[list[Gray]], Path]:
    def make(frames: list[Gray]) -> Path:
        path = tmp_path / "clip.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, frames[0].shape[::-1])
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        return path

    return make


def test_a_video_is_read_once_at_its_pace_and_ends(
    video: Callable[[list[Gray]], Path], shown: Callable[..., Gray]
) -> None:
    path = video([shown()] * 5 + [shown(NOTICE)] * 10)
    with watching(str(path)) as scanner:
        assert texts(scanner) == [NOTICE.decode()]
        assert texts(scanner) == []  # the end, told at once
        start = time.monotonic()
        assert texts(scanner, timeout=0.3) == []
        assert time.monotonic() - start >= 0.3


def test_a_video_that_is_not_there_is_told(tmp_path: Path) -> None:
    with watching(str(tmp_path / "manca.avi")) as scanner:
        assert str(trouble(scanner)[1]) == "Il video «manca.avi» non si può aprire: servono AVI, MKV o MP4."


def test_frames_of_a_file_come_at_their_time_and_never_hurry_to_make_up() -> None:
    now, came = 0.0, []

    class Frames:
        remark: str | None = None

        def read(self) -> Gray:
            return np.zeros((2, 2), np.uint8)

        def close(self) -> None:
            pass

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    source = Paced(Frames(), 10, monotonic=lambda: now, sleep=sleep)
    for busy in (0.0, 0.0, 0.35, 0.0, 0.0):
        source.read()
        came.append(round(now, 3))
        now += busy
    assert came == [0.0, 0.1, 0.2, 0.55, 0.65]
