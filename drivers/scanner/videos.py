"""A video file, frame by frame, read as a camera's frames are."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from drivers.errors import DeviceAbsent, DeviceRefused
from drivers.scanner.codes import Found, distinct
from drivers.scanner.frames import FrameReader
from drivers.scanner.paths import check_file, shown


def read(path: Path, beat: Callable[[], None]) -> list[Found]:
    """All different codes of the whole video, in the order they came into view; `beat` is called once a frame.

    Raises DeviceAbsent when the file cannot be opened, DeviceRefused when it holds no frame that can be read.
    """
    check_file(path)
    capture = cv2.VideoCapture(str(path))
    try:
        return _read_all(path, capture, beat)
    finally:
        capture.release()


def _read_all(path: Path, capture: cv2.VideoCapture, beat: Callable[[], None]) -> list[Found]:
    if not capture.isOpened():
        raise DeviceAbsent(f"Il video {shown(path)} non si può aprire: servono AVI, MKV o MP4.")
    reader, found, frames = FrameReader(), list[Found](), 0
    while True:
        beat()
        was_read, frame = capture.read()
        if not was_read:
            break
        frames += 1
        found = distinct([*found, *reader.read(np.asarray(frame, dtype=np.uint8))])
    if not frames:
        raise DeviceRefused(f"Il video {shown(path)} è danneggiato o vuoto: non ha immagini leggibili.")
    return found
