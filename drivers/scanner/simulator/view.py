"""Where a millimetre of the sheet falls in the frame, and the other way round; the sheet may be curled."""

from math import cos, radians, sin, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.scanner.simulator.sheet import Printed
from drivers.scanner.simulator.shot import Shot

FINER = 2  # the sheet is sampled this much finer than the sensor, then averaged
_FIELD_OF_VIEW = 60.0  # degrees, horizontal
_GRID = 8  # pixels between two places whose position on the sheet is computed; between them it is interpolated
_CURL_LENGTH = 50.0  # millimetres from crest to crest of a curled sheet


class View:
    """Where a millimetre of the sheet falls in the frame, and the other way round."""

    def __init__(self, aim: Printed, shot: Shot) -> None:
        self.shot = shot
        self.scale = shot.pixels_per_module / aim.module  # pixels a millimetre
        self.middle = aim.corners.mean(axis=0)
        self.focal = shot.width / 2 / tan(radians(_FIELD_OF_VIEW / 2))
        self.rotation = _rotation(shot)
        self.side = aim.side * self.scale
        flat = self._project_flat(aim.corners)
        self._to_sheet = cv2.getPerspectiveTransform(flat.astype(np.float32), aim.corners.astype(np.float32))

    @property
    def centre(self) -> tuple[float, float]:
        """Of the aimed code in the frame (x, y)."""
        shot = self.shot
        return shot.width * (0.5 + shot.offset[0]), shot.height * (0.5 + shot.offset[1])

    def contains(self, code: Printed) -> bool:
        """Whether all of the code is in the frame."""
        points = self.project(code.corners)
        return bool(np.all(points >= 2) and np.all(points <= np.array([self.shot.width - 3, self.shot.height - 3])))

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) millimetres on the sheet to (n, 2) pixels."""
        height = self.shot.curl * (1 - np.cos(2 * np.pi * (points[:, 0] - self.middle[0] + 12) / _CURL_LENGTH))
        return self._project(points, height)

    def _project_flat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._project(points, np.zeros(len(points)))

    def _project(self, points: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float64]:
        space = np.column_stack([points - self.middle, -height]) @ self.rotation.T
        depth = space[:, 2] + self.focal / self.scale
        return np.asarray(space[:, :2] * self.focal / depth[:, None] + np.array(self.centre), dtype=np.float64)

    def sheet_positions(self) -> NDArray[np.float32]:
        """(height, width, 2) millimetres under every pixel of the finer frame."""
        shot = self.shot
        columns, rows = shot.width // _GRID + 2, shot.height // _GRID + 2
        ys, xs = np.mgrid[:rows, :columns].astype(np.float64) * _GRID
        pixels = np.column_stack([xs.ravel(), ys.ravel()])
        found = self._unproject(pixels).reshape(rows, columns, 2).astype(np.float32)
        return _spread_out(found, shot)

    def _unproject(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        seen = pixels.copy()
        found = self._flat_position(seen)
        for _ in range(8 if self.shot.curl else 0):  # a fixed point: move by what the curl moved it
            seen += np.clip(pixels - self.project(found), -40, 40)
            found = self._flat_position(seen)
        return found

    def _flat_position(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.perspectiveTransform(pixels[None], self._to_sheet)[0], dtype=np.float64)


def _rotation(shot: Shot) -> NDArray[np.float64]:
    turn, tilt, axis = radians(shot.turn), radians(shot.tilt), radians(shot.tilt_axis)
    around = np.array([cos(axis), sin(axis), 0.0])
    tilted = np.asarray(cv2.Rodrigues(around * tilt)[0], dtype=np.float64)
    turned = np.array([[cos(turn), -sin(turn), 0], [sin(turn), cos(turn), 0], [0, 0, 1]])
    return np.asarray(tilted @ turned, dtype=np.float64)


def _spread_out(grid: NDArray[np.float32], shot: Shot) -> NDArray[np.float32]:
    """The grid's positions interpolated to every pixel of the finer frame."""
    step = np.float32(1 / (_GRID * FINER))
    ys, xs = np.mgrid[: shot.height * FINER, : shot.width * FINER].astype(np.float32)
    spread = cv2.remap(grid, (xs + 0.5) * step, (ys + 0.5) * step, cv2.INTER_LINEAR)
    return np.asarray(spread, dtype=np.float32)
