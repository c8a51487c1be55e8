"""Ways to make an unreadable code readable before a decoder sees it (scanner.md 4). Grey uint8 arrays in and out."""

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

cv2.setNumThreads(1)  # the screen shares the machine; OpenCV's threads beside it only thrash


def as_gray(picture: "NDArray[np.uint8]") -> Gray:
    """A grey, contiguous array out of a grey, BGR or BGRA one."""
    if picture.ndim == 2:
        return np.ascontiguousarray(picture, dtype=np.uint8)
    code = cv2.COLOR_BGRA2GRAY if picture.shape[2] == 4 else cv2.COLOR_BGR2GRAY
    return _uint8(cv2.cvtColor(picture, code))


def reduced(gray: Gray, *, pixels: float) -> tuple[Gray, float]:
    """At most `pixels` pixels of it, and the scale it was reduced by (1 when it was small enough)."""
    scale = min(1.0, (pixels / gray.size) ** 0.5)
    if scale == 1.0:
        return gray, scale
    return _uint8(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)), scale


def doubled(gray: Gray) -> Gray:
    """Twice as large, cubic: for small modules."""
    return _uint8(cv2.resize(gray, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def halved(gray: Gray) -> Gray:
    """Half as large: for noise, and codes that fill the picture."""
    return _uint8(cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def equalised_and_doubled(gray: Gray) -> Gray:
    """Local histogram equalisation (CLAHE), then twice as large: low contrast, small modules, dim light."""
    return doubled(_uint8(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(gray)))


def thresholded(gray: Gray) -> Gray:
    """Black and white against the mean of the neighbourhood: uneven light, bright spots."""
    return _uint8(cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 35, 5))


def averaged(gray: Gray) -> Gray:
    """Every pixel the mean of nine: a sensor's noise in the dark, for less time than any other blur."""
    return _uint8(cv2.blur(gray, (3, 3)))


def smoothed(gray: Gray) -> Gray:
    """A small blur: noise, paper grain."""
    return _uint8(cv2.GaussianBlur(gray, (0, 0), 1.0))


def sharpened(gray: Gray) -> Gray:
    """Unsharp mask: defocus."""
    return _uint8(cv2.addWeighted(gray, 2.5, cv2.GaussianBlur(gray, (0, 0), 3.0), -1.5, 0))


def smoothed_and_sharpened(gray: Gray) -> Gray:
    """A small blur, then an unsharp mask: takes the moiré of a photographed screen away and leaves the modules."""
    return sharpened(smoothed(gray))


def doubled_and_sharpened(gray: Gray) -> Gray:
    """Twice as large, then an unsharp mask."""
    return sharpened(doubled(gray))


def evened_and_doubled(gray: Gray) -> Gray:
    """Every place brought to the same mean and contrast, then twice as large: glare, shadow, faded toner."""
    pixels = gray.astype(np.float32)
    mean = cv2.GaussianBlur(pixels, (0, 0), 12)
    spread = cv2.sqrt(np.maximum(cv2.GaussianBlur(pixels * pixels, (0, 0), 12) - mean * mean, 0)) + 4
    return doubled(_uint8(np.clip(128 + 64 * (pixels - mean) / spread, 0, 255)))


def _uint8(pixels: "NDArray[np.generic] | cv2.typing.MatLike") -> Gray:
    return np.asarray(pixels, dtype=np.uint8)
