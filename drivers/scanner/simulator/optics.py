"""What light, lens and sensor do to a picture: functions on arrays of linear light, float, (height, width[, 3])."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
Generator = np.random.Generator
_FINE = 8  # the disk and the line are drawn this much finer than a pixel


def defocus(light: Light, radius: float) -> Light:
    """Spread every point over a disk of `radius` pixels."""
    return light if radius < 0.3 else _spread(light, _disk(radius))


def motion(light: Light, length: float, angle: float) -> Light:
    """Smear every point along a line of `length` pixels at `angle` degrees."""
    return light if length < 0.5 else _spread(light, _line(length, angle))


def shadow(light: Light, depth: float, generator: Generator) -> Light:
    """A soft edge through the middle, beyond it only `1 - depth` of the light."""
    along = _along(light, generator.uniform(0, 360))
    lit = 1 / (1 + np.exp((along - generator.uniform(-20, 20)) / 12))
    return _lit(light, 1 - depth * lit)


def vignette(light: Light, strength: float, generator: Generator) -> Light:
    """A lamp to one side: a smooth fall of brightness across the frame."""
    along = _along(light, generator.uniform(0, 360)) / light.shape[1]
    return _lit(light, 1 - strength * (along + 0.5))


def glare(light: Light, centre: tuple[float, float], sigma: float, strength: float = 3.0) -> Light:
    """A reflected lamp: a bright Gaussian spot of `sigma` pixels around `centre` (x, y), `strength` times white."""
    ys, xs = np.mgrid[: light.shape[0], : light.shape[1]]
    spot = strength * np.exp(-((xs - centre[0]) ** 2 + (ys - centre[1]) ** 2) / (2 * sigma**2))
    return _float(light + (spot if light.ndim == 2 else spot[..., None]))


def finger(light: Light, centre: tuple[float, float], radius: float, angle: float) -> Light:
    """A finger with a tip of `radius` pixels at `centre` (x, y), coming in from the direction of `angle` degrees."""
    away = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * 4000
    mask = np.zeros(light.shape[:2], np.float32)
    tip = (round(centre[0]), round(centre[1]))
    root = (round(centre[0] + away[0]), round(centre[1] + away[1]))
    cv2.line(mask, tip, root, 1.0, max(1, round(2 * radius)), cv2.LINE_AA)
    soft = _float(cv2.GaussianBlur(mask, (0, 0), 2.0))
    cover = soft if light.ndim == 2 else soft[..., None]
    skin = 0.35 if light.ndim == 2 else np.array([0.55, 0.33, 0.24])
    return _float(light * (1 - cover) + skin * cover)


def expose(light: Light, electrons: float, generator: Generator, read_noise: float = 3.0) -> Light:
    """Photon and read noise of a sensor that collects `electrons` from a white pixel."""
    signal = np.maximum(light, 0) * electrons
    noise = generator.standard_normal(light.shape, dtype=np.float32)
    return _float((signal + noise * np.sqrt(signal + read_noise**2)) / electrons)


def develop(light: Light) -> NDArray[np.uint8]:
    """Linear light to 8-bit sRGB."""
    clipped = np.clip(light, 0, 1)
    curve = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(curve * 255), dtype=np.uint8)


def jpeg(frame: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Through a JPEG of `quality` and back, as an MJPG camera delivers it."""
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    flag = cv2.IMREAD_GRAYSCALE if frame.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), dtype=np.uint8)


def _disk(radius: float) -> Light:
    half = int(np.ceil(radius))
    fine = np.zeros(((2 * half + 1) * _FINE,) * 2, np.float32)
    middle = (fine.shape[0] - 1) // 2
    cv2.circle(fine, (middle, middle), max(1, round(radius * _FINE)), 1.0, -1)
    return _kernel(fine, half)


def _line(length: float, angle: float) -> Light:
    half = int(np.ceil(length / 2))
    fine = np.zeros(((2 * half + 1) * _FINE,) * 2, np.float32)
    middle = (fine.shape[0] - 1) / 2
    step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length * _FINE / 2
    ends = [(round(middle + sign * step[0]), round(middle + sign * step[1])) for sign in (-1, 1)]
    cv2.line(fine, ends[0], ends[1], 1.0, _FINE)
    return _kernel(fine, half)


def _kernel(fine: Light, half: int) -> Light:
    side = 2 * half + 1
    kernel = fine.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3))
    return _float(kernel / kernel.sum())


def _spread(light: Light, kernel: Light) -> Light:
    return _float(cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def _along(light: Light, angle: float) -> Light:
    """Each pixel's distance from the middle, in pixels, along the direction of `angle` degrees."""
    height, width = light.shape[:2]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    across = (xs - width / 2) * np.cos(np.radians(angle)) + (ys - height / 2) * np.sin(np.radians(angle))
    return _float(across)


def _lit(light: Light, factor: Any) -> Light:
    return _float(light * (factor if light.ndim == 2 else factor[..., None]))


def _float(values: Any) -> Light:
    return np.asarray(values, dtype=np.float32)
