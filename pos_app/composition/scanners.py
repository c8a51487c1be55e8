"""Scanners from a hardware profile: opened, with the thread that a camera needs, and what is held up to one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drivers import registry
from drivers.contracts import NoticeScanner, ScannedCode
from drivers.scanner.camera import CameraScanner
from drivers.scanner.devices import CameraOptions
from drivers.scanner.gather import nothing
from drivers.scanner.hand import HandScanner
from drivers.scanner.preview import Preview
from hw_profiles import Device
from pos_app.domain.notice import NoticeCode, NoticeError, read_code

Ignored = Callable[[ScannedCode], bool]


@dataclass(frozen=True)
class Scanning:
    """An open scanner, and what the screen may show of it: of a scanner without a picture nothing, ever."""

    scanner: NoticeScanner
    preview: Preview


@contextmanager
def opened(device: Device, *, ignored: Ignored = nothing) -> Iterator[Scanning]:
    """The scanner of the profile. `ignored` says which codes are not wanted now: see `of_the_notice`."""
    make = registry.driver("scanner", device.driver)
    takes = {} if device.driver == "images" else {"ignored": ignored}  # pictures are each shown once anyway
    scanner: NoticeScanner = make(device.options, **takes)
    if isinstance(scanner, CameraScanner):
        with _watched(scanner):
            yield Scanning(scanner, scanner.preview)
        return
    try:
        yield Scanning(scanner, Preview())
    finally:
        if isinstance(scanner, HandScanner):
            scanner.close()


def video(path: Path) -> Device:
    """A video file as a camera: its frames come at the pace at which they were taken."""
    return Device("camera", CameraOptions(device=str(path)))


def of_the_notice(current: Callable[[], NoticeCode | None]) -> Ignored:
    """The codes of the notice that is being paid, QR and Data Matrix alike; `current` is asked at every code."""
    return partial(_is_of, current)


def _is_of(current: Callable[[], NoticeCode | None], code: ScannedCode) -> bool:
    notice = current()
    if notice is None:
        return False
    try:
        read = read_code(code.text)
    except NoticeError:
        return False
    return (read.number, read.creditor) == (notice.number, notice.creditor)


@contextmanager
def _watched(camera: CameraScanner) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=camera.serve, args=(stop,), name="camera", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
