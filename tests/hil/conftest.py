"""Hardware in the loop: `pytest tests/hil --profile NAME` uses that profile's ports; without it, the doubles."""

import pytest

from drivers import registry
from hw_profiles import HardwareProfile, load


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--profile", default="simulator", help="hardware profile whose real ports are used")


@pytest.fixture(scope="session")
def profile(request: pytest.FixtureRequest) -> HardwareProfile:
    return load(request.config.getoption("--profile", default="simulator"), registry.options())
