"""Thirteen ways to make a notice hard to read, each in eleven degrees (scanner.md 6): level 0 is easy, 10 the worst.

Levels are anchored where scanner.md measured them: scale 1.25 pixels a module at 10, defocus 3 pixels at 6, motion 5
pixels at 4, tilt 54 degrees at 6 and 65 at 8, glare 0.22 of the side at 3, 22 electrons at 7, JPEG quality 3 at 10.
"""

from collections.abc import Callable
from dataclasses import replace

from drivers.scanner.simulator.optics import Generator
from drivers.scanner.simulator.shot import Shot

LEVELS = range(11)

_PIXELS_PER_MODULE = (5.0, 4.5, 4.0, 3.5, 3.0, 2.6, 2.3, 2.0, 1.75, 1.5, 1.25)
_TILT = (0.0, 10.0, 20.0, 30.0, 39.0, 47.0, 54.0, 60.0, 65.0, 70.0, 74.0)
_QUALITY = (90, 70, 50, 40, 30, 25, 20, 15, 10, 6, 3)


def _combined(shot: Shot, level: int) -> Shot:
    """A bit of everything, as at a real counter."""
    return replace(
        shot,
        pixels_per_module=4.2 - 0.2 * level,
        defocus=0.4 + 0.2 * level,
        motion=0.45 * level,
        tilt=5.0 * level,
        shadow=0.07 * level,
        curl=0.25 * level,
        electrons=4000 * 0.72**level,
        ink=0.05 + 0.03 * level,
        jpeg=85 - 6 * level,
    )


KINDS: dict[str, Callable[[Shot, int], Shot]] = {
    "scale": lambda shot, level: replace(shot, pixels_per_module=_PIXELS_PER_MODULE[level]),
    "defocus": lambda shot, level: replace(shot, defocus=0.4 if level == 0 else 0.5 * level),
    "motion": lambda shot, level: replace(shot, motion=1.25 * level),
    "tilt": lambda shot, level: replace(shot, tilt=_TILT[level]),
    "glare": lambda shot, level: replace(shot, glare=0.04 + 0.06 * level),
    "low light": lambda shot, level: replace(shot, electrons=1000 * 0.58**level),
    "combined": _combined,
    "jpeg": lambda shot, level: replace(shot, jpeg=_QUALITY[level]),
    "moire": lambda shot, level: replace(shot, screen=0.1 * level),
    "toner fade": lambda shot, level: replace(shot, ink=0.10 + 0.0745 * level),
    "finger": lambda shot, level: replace(shot, finger=0.05 * level),
    "curl": lambda shot, level: replace(shot, curl=1.3 * level),
    "shadow": lambda shot, level: replace(shot, shadow=0.5 + 0.045 * level),
}


def posed(generator: Generator) -> Shot:
    """A hand that holds the sheet nearly well: a little turned, tilted and off the middle."""
    return Shot(
        turn=generator.uniform(-12, 12),
        tilt=abs(generator.normal(0, 6)),
        tilt_axis=generator.uniform(0, 360),
        offset=(generator.uniform(-0.08, 0.08), generator.uniform(-0.08, 0.08)),
        motion_angle=generator.uniform(0, 180),
        exposure=generator.uniform(0.7, 0.95),
        lamp=generator.uniform(0.1, 0.35),
        screen_pitch=generator.uniform(0.2, 0.32),
        electrons=3000,
    )


def graded(kind: str, level: int, generator: Generator) -> Shot:
    """A shot of one kind and level. Raises KeyError for an unknown kind, IndexError for a level beyond 10."""
    return KINDS[kind](posed(generator), level)
