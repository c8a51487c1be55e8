"""Each decoder library alone, as one would use it without us: what a benchmark compares our pipeline with."""

from collections.abc import Callable
from importlib import import_module

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.scanner import zbar, zxing
from drivers.scanner.pipeline import decode

Gray = NDArray[np.uint8]
Decoder = Callable[[Gray], set[bytes]]

OURS, PYZBAR, OPENCV, ZXING = "ours", "pyzbar", "OpenCV", "zxing-cpp"


def ours(frame: Gray) -> set[bytes]:
    """Our cascade for still pictures."""
    return {code.data for code in decode(frame)}


def pyzbar(frame: Gray) -> set[bytes]:
    """Pyzbar for QR codes, which is its fastest form."""
    library = import_module("pyzbar.pyzbar")
    return {code.data for code in library.decode(frame, symbols=[library.ZBarSymbol.QRCODE])}


def opencv(frame: Gray) -> set[bytes]:
    """OpenCV's own detector, several codes a frame."""
    try:
        _, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(frame)
    except cv2.error:
        return set()
    return {text.encode() for text in texts if text}


def zxing_qr(frame: Gray) -> set[bytes]:
    """zxing-cpp for QR codes with its default settings."""
    return {code.data for code in zxing.read(frame, invert=True)}


def zxing_all(frame: Gray) -> set[bytes]:
    """zxing-cpp for QR codes and Data Matrix with its default settings."""
    return {code.data for code in zxing.read(frame, formats=zxing.NOTICES, invert=True)}


def contestants(*, data_matrix: bool = False) -> dict[str, Decoder]:
    """Name and decoder, ours first; pyzbar only where its library is. `data_matrix`: zxing-cpp looks for those too."""
    rivals: dict[str, Decoder] = {PYZBAR: pyzbar} if zbar.is_available() else {}
    return {OURS: ours, **rivals, OPENCV: opencv, ZXING: zxing_all if data_matrix else zxing_qr}
