"""Whole terminals on the loopback: a sandbox, a reader double as its own, profiles and settings in files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from pos_app.sandbox.sandbox import SandboxOptions
from pos_app.sandbox.server import RunningSandbox
from pos_app.testing.command import Command, Control


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
    """`control("GET", "/control/totals")`, `control("POST", "/control/faults", {...})`."""

    def call(method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            f"{sandbox.url}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    return call
