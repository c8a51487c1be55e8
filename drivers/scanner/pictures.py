"""A picture file -> a grey picture. What cannot be read is told in one sentence that names the file.

Pillow reads the header before any pixel, so that a picture that claims to be huge is refused for its claim alone.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, sqrt
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from drivers.errors import DeviceError, DeviceRefused
from drivers.scanner.paths import check_file, shown

MOST_PIXELS = 50_000_000  # the largest photographs of today's phones
MOST_BYTES = 50_000_000
_KEPT_PIXELS = 16_000_000  # more are averaged: a code is no easier to read for them, a hostile picture dearer
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF")
_DEEP = ("I", "I;16", "I;16B", "I;16L", "F")  # more than 8 bits a pixel


def load(path: Path) -> Image.Image:
    """The picture in mode L, at most 16 million pixels, transparent places white; of several frames the first.

    Raises DeviceAbsent when the file cannot be opened, DeviceRefused when it is no picture, damaged or too large.
    """
    check_file(path, most_bytes=MOST_BYTES)
    with _refused(path), Image.open(path, formats=_FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise DeviceRefused(_too_large(path, picture.width, picture.height))
        if picture.format in ("JPEG", "MPO"):
            picture.draft("L", None)  # decode the luminance alone
        factor = ceil(sqrt(picture.width * picture.height / _KEPT_PIXELS))
        return _grey(picture) if factor <= 1 else _grey(picture).reduce(factor)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Whatever Pillow raises over a picture becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on odd metadata; the size is checked by us
            yield
    except DeviceError:
        raise
    except UnidentifiedImageError:
        raise DeviceRefused(f"Il file {shown(path)} non è un'immagine: servono JPEG, PNG, WebP o TIFF.") from None
    except Image.DecompressionBombError:
        raise DeviceRefused(_too_large(path)) from None
    except Exception:  # noqa: BLE001 - a damaged picture makes Pillow raise almost anything
        sentence = f"L'immagine {shown(path)} è danneggiata o incompleta: fotografare di nuovo l'avviso."
        raise DeviceRefused(sentence) from None


def _too_large(path: Path, width: int = 0, height: int = 0) -> str:
    size = f" ({width}x{height} punti)" if width else ""
    return f"L'immagine {shown(path)} è troppo grande{size}: al massimo {MOST_PIXELS // 1_000_000} milioni di punti."


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode in _DEEP:
        low, high = picture.getextrema()
        span = (high - low) or 1  # type: ignore[operator]  # one band: two numbers
        return picture.convert("F").point(lambda value: value * (255 / span) + -low * 255 / span).convert("L")  # type: ignore[operator]
    if picture.has_transparency_data:
        seen = picture.convert("LA")
        paper = Image.new("L", picture.size, 255)
        paper.paste(seen.getchannel("L"), mask=seen.getchannel("A"))
        return paper
    grey = picture.convert("L")
    grey.load()
    return grey
