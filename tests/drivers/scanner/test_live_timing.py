"""What a queue feels: how soon a notice brought before the camera is read and accepted."""

import os
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.scanner import zxing
from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.clips import FRAMES_A_SECOND, arriving
from drivers.scanner.simulator.live import held_up
from drivers.scanner.simulator.sheet import Sheet
from pos_app.testing import notices

FULL = os.environ.get("POS_CAMPAIGN") == "full"


def brought(sheet: Sheet, seconds: float) -> list[NDArray[np.uint8]]:
    """Frames of a quarter of a camera's pixels: they hold the code, and are drawn in a quarter of the time."""
    generator = np.random.default_rng([0, 0])
    parts = (replace(shot, width=640, height=360) for shot in arriving(generator, seconds=seconds))
    return [photograph(sheet, sheet.codes[0], part, generator).frame for part in parts]


@pytest.mark.slow(reason="draws and reads a camera's frames for most of a second")
def test_a_notice_is_read_within_two_frames_of_zxing_and_accepted_within_200_ms() -> None:
    sheet = notices.drawn("single", np.random.default_rng([0, 30]))
    clip = brought(sheet, seconds=1.5 if FULL else 1.0)
    readable = next(number for number, frame in enumerate(clip) if zxing.read(frame))
    outcome = held_up(clip)
    assert [code.text.encode() for code in outcome.accepted] == [sheet.codes[0].data]
    assert round(outcome.read_in * FRAMES_A_SECOND) <= readable + 2
    assert outcome.accepted_at - readable / FRAMES_A_SECOND <= 0.2


def test_a_clip_in_which_nothing_is_shown_comes_to_nothing() -> None:
    outcome = held_up([np.full((720, 1280), 200, np.uint8)] * 5)
    assert (outcome.read_at, outcome.accepted_at, outcome.accepted) == (inf, inf, ())
