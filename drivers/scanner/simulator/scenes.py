"""Frames without a code: what a camera at a counter sees most of the day."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.optics import Generator
from drivers.scanner.simulator.severity import posed
from drivers.scanner.simulator.sheet import Printed, Sheet
from drivers.scanner.simulator.shot import Shot

_NOWHERE = Printed(b"", 90, 130, 25, 33)  # what the camera points at when there is no code
_SYLLABLES = ("la", "re", "ti", "no", "ma", "pe", "con", "stra", "gli", "do", "zio", "ne")


def _desk(generator: Generator) -> NDArray[np.uint8]:
    return _seen(Sheet(1, 1), posed(generator), generator)


def _page(generator: Generator) -> NDArray[np.uint8]:
    return _seen(_written(generator), posed(generator), generator)


def _far_page(generator: Generator) -> NDArray[np.uint8]:
    return _seen(_written(generator), replace(posed(generator), pixels_per_module=1.6), generator)


def _dark(generator: Generator) -> NDArray[np.uint8]:
    return _seen(_written(generator), replace(posed(generator), exposure=0.05, electrons=60), generator)


def _clutter(generator: Generator) -> NDArray[np.uint8]:
    frame = _desk(generator)
    for _ in range(40):
        corner = generator.integers(0, (frame.shape[1], frame.shape[0]))
        far = corner + generator.integers(10, 260, 2)
        shade = int(generator.integers(0, 256))
        thickness = int(generator.choice([-1, 2, 8]))
        if generator.random() < 0.5:
            cv2.rectangle(frame, corner.tolist(), far.tolist(), shade, thickness)
        else:
            axes = ((far - corner) // 2).tolist()
            cv2.ellipse(frame, corner.tolist(), axes, float(generator.uniform(0, 180)), 0, 360, shade, thickness)
    return frame


SCENES: dict[str, Callable[[Generator], NDArray[np.uint8]]] = {
    "desk": _desk,
    "clutter": _clutter,
    "page": _page,
    "far page": _far_page,
    "dark": _dark,
}


def _written(generator: Generator) -> Sheet:
    """A page of text in no language."""
    sheet = Sheet()
    for line in range(42):
        words = ("".join(generator.choice(_SYLLABLES, generator.integers(1, 5))) for _ in range(11))
        sheet.text(15, 20 + 6 * line, " ".join(words), size=3.4)
    return sheet


def _seen(sheet: Sheet, shot: Shot, generator: Generator) -> NDArray[np.uint8]:
    return photograph(sheet, _NOWHERE, shot, generator).frame
