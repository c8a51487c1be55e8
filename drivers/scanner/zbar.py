"""zbar, through pyzbar: a second opinion with other finder logic, for scribbled and overprinted codes.

Only QR codes are asked for: that is 2-3 times faster and silences the databar warnings (scanner.md 12). zbar is told
to hand out bytes as they are; left alone it re-encodes what is not ASCII. Where pyzbar or libzbar is missing, the
cascade goes on without it, and the log says so once.
"""

import ctypes
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from drivers.contracts import Symbology
from drivers.scanner.codes import Corners, Found, kept

if TYPE_CHECKING:
    from drivers.scanner.preparations import Gray

_ALL_SYMBOLS = 0
_QR_CODE = 64
_ENABLE = 0
_BINARY = 4  # ZBAR_CFG_BINARY, since 0.23.1; pyzbar does not name it
_Y800 = int.from_bytes(b"Y800", "little")

_log = logging.getLogger(__name__)


def is_available() -> bool:
    """Whether pyzbar and the zbar library could be loaded."""
    return _library() is not None


def read(gray: "Gray") -> list[Found]:
    """All QR codes in a grey uint8 array (height, width); none where zbar is missing."""
    zbar = _library()
    if zbar is None:
        return []
    with _scanner(zbar) as scanner, _picture(zbar, gray) as picture:
        if zbar.zbar_scan_image(scanner.handle, picture) < 0:
            return []
        codes = [_found(zbar, symbol) for symbol in _symbols(zbar, picture)]
    return [code for code in codes if code.corners and (scanner.keeps_bytes or code.data.isascii())]


@cache
def _library() -> Any:
    try:
        return import_module("pyzbar.wrapper")
    except (ImportError, OSError) as error:  # OSError: the library is there and cannot be loaded
        _log.warning("zbar is not available (%s): codes are read by zxing-cpp alone", error)
        return None


class _Scanner:
    """A zbar scanner for QR codes alone; `keeps_bytes` is False where zbar is too old to hand out bytes as they are."""

    def __init__(self, zbar: Any) -> None:
        self.handle = zbar.zbar_image_scanner_create()
        configure = zbar.zbar_image_scanner_set_config
        configure(self.handle, _ALL_SYMBOLS, _ENABLE, 0)
        configure(self.handle, _QR_CODE, _ENABLE, 1)
        self.keeps_bytes = configure(self.handle, _QR_CODE, _BINARY, 1) == 0


@contextmanager
def _scanner(zbar: Any) -> Iterator[_Scanner]:
    scanner = _Scanner(zbar)
    try:
        yield scanner
    finally:
        zbar.zbar_image_scanner_destroy(scanner.handle)


@contextmanager
def _picture(zbar: Any, gray: "Gray") -> Iterator[Any]:
    pixels = ctypes.create_string_buffer(gray.tobytes(), gray.size)  # zbar reads it until the picture is destroyed
    height, width = gray.shape
    picture = zbar.zbar_image_create()
    try:
        zbar.zbar_image_set_format(picture, _Y800)
        zbar.zbar_image_set_size(picture, width, height)
        zbar.zbar_image_set_data(picture, ctypes.cast(pixels, ctypes.c_void_p), gray.size, None)
        yield picture
    finally:
        zbar.zbar_image_destroy(picture)


def _symbols(zbar: Any, picture: Any) -> Iterator[Any]:
    symbol = zbar.zbar_image_first_symbol(picture)
    while symbol:
        yield symbol
        symbol = zbar.zbar_symbol_next(symbol)


def _found(zbar: Any, symbol: Any) -> Found:
    data = ctypes.string_at(zbar.zbar_symbol_get_data(symbol), zbar.zbar_symbol_get_data_length(symbol))
    return Found(kept(data, Symbology.QR_CODE), Symbology.QR_CODE, "QR Code", _corners(zbar, symbol))


def _corners(zbar: Any, symbol: Any) -> Corners:
    return tuple(
        (float(zbar.zbar_symbol_get_loc_x(symbol, index)), float(zbar.zbar_symbol_get_loc_y(symbol, index)))
        for index in range(zbar.zbar_symbol_get_loc_size(symbol))
    )
