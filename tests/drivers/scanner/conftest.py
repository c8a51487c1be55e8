"""Pictures for the scanner's tests: drawn codes, and the files under tests/data."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drivers.scanner.simulator.sheet import data_matrix_modules, qr_modules

Gray = NDArray[np.uint8]
DATA = Path(__file__).resolve().parents[2] / "data"


def _symbol(modules: NDArray[np.bool_], scale: int) -> Gray:
    quiet = np.pad(modules, 4)
    return np.asarray(np.where(np.kron(quiet, np.ones((scale, scale), np.bool_)), 0, 255), dtype=np.uint8)


@pytest.fixture(scope="session")
def qr_picture() -> Callable[..., Gray]:
    """`qr_picture(data, scale=4)`: a QR code of these bytes, dark on light, with its quiet zone."""
    return lambda data, scale=4: _symbol(qr_modules(data), scale)


@pytest.fixture(scope="session")
def data_matrix_picture() -> Callable[..., Gray]:
    """`data_matrix_picture(data, scale=4)`."""
    return lambda data, scale=4: _symbol(data_matrix_modules(data), scale)


@pytest.fixture(scope="session")
def on_desk() -> Callable[..., Gray]:
    """`on_desk((picture, left, top), …)`: pictures lying on a light grey 1280 by 720 desk."""

    def lay(*pictures: tuple[Gray, int, int]) -> Gray:
        desk = np.full((720, 1280), 200, np.uint8)
        for picture, left, top in pictures:
            desk[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        return desk

    return lay


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """`saved(picture, "name.png")`: the file."""

    def save(picture: Gray, name: str = "picture.png") -> Path:
        Image.fromarray(picture).save(tmp_path / name)
        return tmp_path / name

    return save


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of the project's own pictures."""
    return DATA
