"""Frames as they come when a notice is brought into view: it slides in, the lens hunts for focus, the hand trembles."""

from collections.abc import Iterator
from dataclasses import replace
from math import cos, exp, pi, sin

import numpy as np
from numpy.typing import NDArray

from drivers.scanner.simulator.camera import photograph
from drivers.scanner.simulator.optics import Generator
from drivers.scanner.simulator.severity import posed
from drivers.scanner.simulator.sheet import Printed, Sheet
from drivers.scanner.simulator.shot import Shot

FRAMES_A_SECOND = 30
_EXPOSURE_TIME = 1 / 60  # seconds: what moves in it is smeared
_TREMBLE = 0.004  # of the frame
_FOCUS_SWING = 0.35  # seconds in which the hunt for focus dies down


def brought_into_view(
    sheet: Sheet, aim: Printed, seed: int, *, hard: bool = False, seconds: float = 1.5
) -> Iterator[NDArray[np.uint8]]:
    """Grey frames, 1280 by 720, at 30 a second. `hard`: dim, faint, unsteady and a little out of focus to the end."""
    generator = np.random.default_rng([seed, hard])
    for shot in arriving(generator, hard=hard, seconds=seconds):
        yield photograph(sheet, aim, shot, generator).frame


def arriving(generator: Generator, *, hard: bool = False, seconds: float = 1.5) -> list[Shot]:
    """The shots of such a clip, one a frame."""
    hand = _hand(generator, hard=hard)
    arrival, direction = generator.uniform(0.25, 0.6), generator.uniform(0, 2 * pi)
    times = [number / FRAMES_A_SECOND for number in range(int(seconds * FRAMES_A_SECOND))]
    return [_shot_at(now, hand, arrival, direction) for now in times]


def _shot_at(now: float, hand: Shot, arrival: float, direction: float) -> Shot:
    here, soon = (_offset(hand, moment, arrival, direction) for moment in (now, now + _EXPOSURE_TIME))
    moved = np.hypot((soon[0] - here[0]) * hand.width, (soon[1] - here[1]) * hand.height)
    hunt = 4.5 * exp(-now / _FOCUS_SWING) * abs(cos(2 * pi * now / 0.5))
    return replace(hand, offset=here, motion=hand.motion + float(moved), defocus=hand.defocus + hunt)


def _hand(generator: Generator, *, hard: bool) -> Shot:
    shot = replace(posed(generator), pixels_per_module=generator.uniform(2.6, 4.2))
    if not hard:
        return shot
    return replace(
        shot,
        electrons=generator.uniform(100, 400),
        ink=generator.uniform(0.15, 0.5),
        defocus=generator.uniform(0.8, 2.0),
        shadow=generator.uniform(0.2, 0.6),
        motion=generator.uniform(0.0, 2.0),
    )


def _offset(hand: Shot, now: float, arrival: float, direction: float) -> tuple[float, float]:
    """Where the aimed code stands, in fractions of the frame from its middle: on its way in, then trembling."""
    away = 0.9 * max(0.0, 1 - now / arrival) ** 2
    here = (hand.offset[0] + away * cos(direction), hand.offset[1] + away * sin(direction))
    return trembling(here, now)


def trembling(offset: tuple[float, float], now: float) -> tuple[float, float]:
    """Where a hand that means to hold a code at `offset` (fractions of the frame) holds it after `now` seconds."""
    return offset[0] + _TREMBLE * sin(2 * pi * 8 * now), offset[1] + _TREMBLE * sin(2 * pi * 6.5 * now + 1)
