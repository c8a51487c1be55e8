"""zxing-cpp: the first look at every picture, and the only reader of light-on-dark codes and of Data Matrix.

`.bytes` is used, never `.text`, which rewrites control and non-ASCII bytes (scanner.md 12). zxing-cpp takes numpy
arrays and Pillow pictures alike; grey ones are its fast path.
"""

from dataclasses import dataclass
from typing import Any

import zxingcpp

from drivers.contracts import Symbology
from drivers.scanner.codes import Corners, Found, kept

_FORMAT = zxingcpp.BarcodeFormat
QR_CODE = zxingcpp.BarcodeFormats([_FORMAT.QRCode])
DATA_MATRIX = zxingcpp.BarcodeFormats([_FORMAT.DataMatrix])
NOTICES = zxingcpp.BarcodeFormats([_FORMAT.QRCode, _FORMAT.DataMatrix])
# Kinds with a strong check of their own, so that clutter is never taken for one: they are named, then refused.
STRANGERS = zxingcpp.BarcodeFormats([_FORMAT.Aztec, _FORMAT.PDF417, _FORMAT.Code128, _FORMAT.EAN13])

_SYMBOLOGIES = {"QR Code": Symbology.QR_CODE, "Data Matrix": Symbology.DATA_MATRIX}


@dataclass(frozen=True)
class Look:
    """What one look saw: codes that were read, and places that look like a code but could not be read."""

    found: list[Found]
    unread: list[Corners]


def look(picture: Any, *, formats: Any = QR_CODE, invert: bool = False, downscale: bool = True) -> Look:
    """Read all codes of `formats` in a uint8 array (height, width[, 3]) or a Pillow picture.

    `downscale`: look at it reduced as well, for codes that fill it.
    """
    results = zxingcpp.read_barcodes(
        picture, formats=formats, try_invert=invert, try_downscale=downscale, return_errors=True
    )
    return Look(
        found=[_found(result) for result in results if result.valid],
        unread=[_corners(result) for result in results if not result.valid],
    )


def read(picture: Any, *, formats: Any = QR_CODE, invert: bool = False) -> list[Found]:
    """As `look`, only what was read."""
    return look(picture, formats=formats, invert=invert).found


def _found(result: Any) -> Found:
    name = str(result.format)
    symbology = _SYMBOLOGIES.get(name, Symbology.OTHER)
    return Found(kept(result.bytes, symbology), symbology, name, _corners(result))


def _corners(result: Any) -> Corners:
    place = result.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)
