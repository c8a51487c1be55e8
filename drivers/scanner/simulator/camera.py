"""A pinhole camera over a sheet on a desk: pose, paper, light, lens, sensor, JPEG; seeded, so a frame can be had again.

Physical enough that the failures are the real ones (scanner.md 6): perspective by a 60 degree lens, linear light,
disk defocus, motion along a line, photon noise, glare, curl, a screen's pixel grid. Not validated against hardware.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.scanner.simulator import optics
from drivers.scanner.simulator.optics import Generator, Light
from drivers.scanner.simulator.sheet import DOTS_PER_MM, Printed, Sheet
from drivers.scanner.simulator.shot import Shot
from drivers.scanner.simulator.view import FINER, View

_DESK = 0.22  # reflectance


@dataclass(frozen=True)
class Photograph:
    """A frame, (height, width) or (height, width, 3) BGR uint8, and the codes that are wholly in it."""

    frame: NDArray[np.uint8]
    codes: tuple[Printed, ...]


def photograph(sheet: Sheet, aim: Printed, shot: Shot, generator: Generator) -> Photograph:
    """`sheet` as `shot` sees it, the camera pointed at the code `aim`."""
    view = View(aim, shot)
    light = _paper_and_desk(sheet, view, shot, generator)
    light = _lit(light, view, shot, generator)
    light = optics.motion(optics.defocus(light, shot.defocus), shot.motion, shot.motion_angle)
    frame = optics.develop(optics.expose(light * np.float32(shot.exposure), shot.electrons, generator))
    codes = tuple(code for code in sheet.codes if view.contains(code))
    return Photograph(optics.jpeg(np.ascontiguousarray(frame), shot.jpeg), codes)


def _paper_and_desk(sheet: Sheet, view: View, shot: Shot, generator: Generator) -> Light:
    where = view.sheet_positions()
    printed, dots = _shrunk(sheet, sheet.drawn, view.scale * FINER, shot.colour)
    seen = cv2.remap(printed, where[..., 0] * dots, where[..., 1] * dots, cv2.INTER_LINEAR, borderValue=(-1.0,) * 3)
    seen = 1 - seen * (seen >= 0) if shot.inverted else seen
    reflected = shot.ink + (shot.paper - shot.ink) * np.asarray(seen, dtype=np.float32)
    off = _outside(where, sheet)
    reflected[off] = _desk(reflected.shape, generator)[off]
    size = (shot.width, shot.height)
    light = np.asarray(cv2.resize(reflected.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    if shot.screen:  # sampled, not averaged: a sensor's colour mosaic aliases
        grid = _screen(where[1::FINER, 1::FINER], shot)
        light *= grid if light.ndim == 2 else grid[..., None]
    return light


@lru_cache(maxsize=2)  # of a clip every frame shows the same sheet, and this is most of what a frame costs
def _shrunk(sheet: Sheet, _drawn: int, wanted: float, colour: bool) -> tuple[NDArray[np.float32], float]:  # noqa: FBT001 - a cache's key
    """The sheet in 0..1 at about `wanted` dots a millimetre, so that sampling it does not alias; and its dots."""
    pixels = sheet.pixels()[..., ::-1] if colour else cv2.cvtColor(sheet.pixels(), cv2.COLOR_RGB2GRAY)
    dots = min(float(DOTS_PER_MM), wanted)
    factor = dots / DOTS_PER_MM
    if factor < 1:
        pixels = cv2.resize(np.ascontiguousarray(pixels), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, dtype=np.float32) / np.float32(255), dots


def _screen(where: NDArray[np.float32], shot: Shot) -> Light:
    """Brightness of a screen's pixels with their dark gaps."""
    phase = where * np.float32(2 * np.pi / shot.screen_pitch)
    grid = (1 + np.cos(phase[..., 0])) * (1 + 0.5 * np.cos(phase[..., 1])) / 2
    return np.asarray(1 - shot.screen * (1 - grid), dtype=np.float32)


def _outside(where: NDArray[np.float32], sheet: Sheet) -> NDArray[np.bool_]:
    xs, ys = where[..., 0], where[..., 1]
    return np.asarray((xs < 0) | (ys < 0) | (xs > sheet.width) | (ys > sheet.height), dtype=np.bool_)


def _desk(shape: tuple[int, ...], generator: Generator) -> Light:
    """A wooden desk: stripes of grain."""
    height, width = shape[:2]
    grain = generator.standard_normal((height // 4 + 1, width // 64 + 2)).astype(np.float32)
    grain = np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    desk = np.clip(_DESK * (1 + 0.18 * grain), 0.02, 1)
    if len(shape) == 2:
        return np.asarray(desk, np.float32)
    return np.asarray(desk[..., None] * np.array([0.55, 0.85, 1.25], np.float32), np.float32)


def _lit(light: Light, view: View, shot: Shot, generator: Generator) -> Light:
    x, y = view.centre
    if shot.finger:
        angle = generator.uniform(0, 360)
        radius = 0.35 * view.side
        reach = view.side / 2 * 1.15 + radius - shot.finger * view.side
        tip = (x + np.cos(np.radians(angle)) * reach, y + np.sin(np.radians(angle)) * reach)
        light = optics.finger(light, tip, radius, angle)
    light = optics.vignette(light, shot.lamp, generator)
    if shot.shadow:
        light = optics.shadow(light, shot.shadow, generator)
    if shot.glare:
        wander = generator.uniform(-0.35, 0.35, 2) * view.side
        light = optics.glare(light, (x + wander[0], y + wander[1]), shot.glare * view.side)
    return light
