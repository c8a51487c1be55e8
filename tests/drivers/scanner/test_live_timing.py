"""What a queue feels: how soon a notice brought before the camera is read and accepted."""

from math import inf

import numpy as np
import pytest

from drivers.scanner import zxing
from drivers.scanner.simulator.clips import FRAMES_A_SECOND, brought_into_view
from drivers.scanner.simulator.live import held_up
from pos_app.testing import notices


@pytest.mark.slow(reason="draws 30 camera frames")
def test_a_notice_is_read_within_two_frames_of_zxing_and_accepted_within_200_ms() -> None:
    sheet = notices.drawn("single", np.random.default_rng([0, 30]))
    clip = list(brought_into_view(sheet, sheet.codes[0], 0, seconds=1.0))
    readable = next(number for number, frame in enumerate(clip) if zxing.read(frame))
    outcome = held_up(clip)
    assert [code.text.encode() for code in outcome.accepted] == [sheet.codes[0].data]
    assert round(outcome.read_in * FRAMES_A_SECOND) <= readable + 2
    assert outcome.accepted_at - readable / FRAMES_A_SECOND <= 0.2


def test_a_clip_in_which_nothing_is_shown_comes_to_nothing() -> None:
    outcome = held_up([np.full((720, 1280), 200, np.uint8)] * 5)
    assert (outcome.read_at, outcome.accepted_at, outcome.accepted) == (inf, inf, ())
