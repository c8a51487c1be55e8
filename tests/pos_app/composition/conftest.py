"""Whole terminals on the loopback: a sandbox, a reader double as its own, profiles and settings in files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.sandbox.sandbox import SandboxOptions
from pos_app.sandbox.server import RunningSandbox
from pos_app.testing.command import Command, Control, control_of


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`pos-terminal` with a state directory of its own."""
    return Command(tmp_path / "state")


@pytest.fixture
def connected(command: Command, sandbox: RunningSandbox) -> Command:
    """The same, with the sandbox for its PSP."""
    command.environ["POS_TERMINAL__PSP__URL"] = f"{sandbox.url}/psp"
    return command


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with RunningSandbox(SandboxOptions(port=0)) as running:
        yield running


@pytest.fixture
def control(sandbox: RunningSandbox) -> Control:
    """See `control_of`."""
    return control_of(sandbox.url)
