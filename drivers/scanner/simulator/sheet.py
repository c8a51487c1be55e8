"""A sheet of paper to be photographed: text, boxes and codes, placed in millimetres from its left top corner."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import qrcode
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

DOTS_PER_MM = 12  # 305 dpi, as an office printer
Colour = tuple[int, int, int]
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Printed:
    """A code on the sheet: its bytes, and its left, top and side in millimetres (without the quiet zone)."""

    data: bytes
    left: float
    top: float
    side: float
    modules: int

    @property
    def corners(self) -> NDArray[np.float64]:
        """Its four corners in millimetres, (4, 2)."""
        left, top, side = self.left, self.top, self.side
        return np.array([(left, top), (left + side, top), (left + side, top + side), (left, top + side)])

    @property
    def module(self) -> float:
        """Side of one module in millimetres."""
        return self.side / self.modules


class Sheet:
    """Draws on white paper of `width` by `height` millimetres; `codes` keeps what was printed where.

    `drawn` counts what was drawn, so that who keeps a picture of it knows whether it is still the same.
    """

    def __init__(self, width: float = 210, height: float = 297) -> None:
        self.width, self.height = width, height
        self.codes: list[Printed] = []
        self.drawn = 0
        self._image = Image.new("RGB", (_dots(width), _dots(height)), "white")
        self._draw = ImageDraw.Draw(self._image)

    def text(self, left: float, top: float, text: str, *, size: float = 3.2, colour: Colour = BLACK) -> None:
        """A line of text, `size` millimetres high."""
        self.drawn += 1
        self._draw.text((_dots(left), _dots(top)), text, fill=colour, font=_font(_dots(size)))

    def box(self, left: float, top: float, width: float, height: float, *, colour: Colour = BLACK) -> None:
        """A filled box; a thin one is a rule."""
        self.drawn += 1
        corner = (_dots(left + width) - 1, _dots(top + height) - 1)
        self._draw.rectangle(((_dots(left), _dots(top)), corner), fill=colour)

    def qr_code(self, left: float, top: float, side: float, data: bytes, *, version: int | None = None) -> None:
        """A QR code in byte mode with error correction M; the smallest version that holds it unless one is given."""
        self._print(data, left, top, side, qr_modules(data, version=version))

    def data_matrix(self, left: float, top: float, side: float, data: bytes) -> None:
        """A square Data Matrix."""
        self._print(data, left, top, side, data_matrix_modules(data))

    def pixels(self) -> NDArray[np.uint8]:
        """The sheet as (height, width, 3) RGB at DOTS_PER_MM."""
        return np.asarray(self._image, dtype=np.uint8)

    def _print(self, data: bytes, left: float, top: float, side: float, modules: NDArray[np.bool_]) -> None:
        self.drawn += 1
        symbol = Image.fromarray(np.where(modules, 0, 255).astype(np.uint8))
        dots = _dots(side)
        self._image.paste(symbol.resize((dots, dots), Image.Resampling.NEAREST), (_dots(left), _dots(top)))
        self.codes.append(Printed(data, left, top, side, len(modules)))


def qr_modules(data: bytes, *, version: int | None = None) -> NDArray[np.bool_]:
    """The modules of a QR code, True for dark, without the quiet zone."""
    code = qrcode.QRCode(version=version, error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(qrcode.util.QRData(data, mode=qrcode.util.MODE_8BIT_BYTE), optimize=0)
    code.make(fit=version is None)
    return np.array(code.get_matrix(), dtype=np.bool_)


def data_matrix_modules(data: bytes) -> NDArray[np.bool_]:
    """The modules of a square Data Matrix, True for dark, without the quiet zone."""
    content = data.decode("ascii") if data.isascii() else data
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    image = np.array(code.to_image(scale=1, add_quiet_zones=False))
    return np.asarray(image < 128, dtype=np.bool_)


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS_PER_MM)


@cache
def _font(dots: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(dots)
