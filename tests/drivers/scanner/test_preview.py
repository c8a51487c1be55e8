from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.scanner.frames import FrameReader
from drivers.scanner.preview import Preview, small

Gray = NDArray[np.uint8]
Draw = Callable[..., Gray]


def test_a_preview_is_small_and_outlines_the_code_in_fractions(qr_picture: Draw, on_desk: Draw) -> None:
    picture = qr_picture(b"PAGOPA")
    gray = on_desk((picture, 640, 360))
    frame = small(gray, FrameReader(budget=0).read(gray), 7)
    shown = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert (shown.shape, frame.number, len(frame.jpeg) < 30_000) == ((270, 480), 7, True)
    left, top = frame.outline[0]
    quiet_zone = 4 * 4
    assert left * 1280 == pytest.approx(640 + quiet_zone, abs=3)
    assert top * 720 == pytest.approx(360 + quiet_zone, abs=3)


def test_without_a_code_there_is_no_outline(on_desk: Draw) -> None:
    assert small(on_desk(), [], 1).outline == ()


def test_the_newest_preview_replaces_the_others() -> None:
    preview = Preview()
    assert preview.latest() is None
    desk = np.full((72, 128), 200, np.uint8)
    for number in range(3):
        preview.show(small(desk, [], number))
    latest = preview.latest()
    assert latest is not None
    assert latest.number == 2
