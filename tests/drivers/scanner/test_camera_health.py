import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.scanner.health import BLACK, FROZEN, Health
from drivers.scanner.simulator.scenes import SCENES

Gray = NDArray[np.uint8]


def verdicts(frames: list[Gray]) -> list[str | None]:
    health = Health()
    return [health.judge(frame, number / 30) for number, frame in enumerate(frames)]


@pytest.fixture(scope="module")
def desk() -> Gray:
    return np.minimum(SCENES["desk"](np.random.default_rng(1)), 250)[:360, :640]  # as good as all of it, and sooner


def with_noise(frame: Gray, count: int, level: int = 3) -> list[Gray]:
    generator = np.random.default_rng(2)
    return [frame + generator.integers(0, level, frame.shape, dtype=np.uint8) for _ in range(count)]


def test_a_lid_on_the_lens_is_told_after_a_second(desk: Gray) -> None:
    told = verdicts(with_noise(np.zeros_like(desk), 45, level=12))
    assert told[:29] == [None] * 29
    assert set(told[31:]) == {BLACK}


def test_a_picture_that_stands_still_to_the_last_bit_is_told_after_a_second(desk: Gray) -> None:
    told = verdicts([desk] * 45)
    assert told[:29] == [None] * 29
    assert set(told[32:]) == {FROZEN}


def test_a_still_desk_with_a_sensors_noise_is_well(desk: Gray) -> None:
    assert set(verdicts(with_noise(desk, 45))) == {None}


def test_a_dim_counter_is_not_black() -> None:
    dark = SCENES["dark"](np.random.default_rng(1))[180:540, 320:960]
    assert set(verdicts(with_noise(np.minimum(dark, 250), 45))) == {None}


def test_a_short_darkness_is_nothing(desk: Gray) -> None:
    light, dark = with_noise(desk, 20), with_noise(np.zeros_like(desk), 20)
    assert set(verdicts(light + dark + light)) == {None}
