"""The command as other programs meet it: processes with a state directory of their own, and profiles in files."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

# A notice that the sandbox's defaults hold payable, as its QR code says it.
CODE = "PAGOPA|002|301000000000012373|77777777777|12550"

# A call of the sandbox's control API: method, path, body.
Control = Callable[..., Any]


@dataclass
class Command:
    """`pos-terminal` with a state directory of its own. `environ` is added to every call."""

    state_dir: Path
    environ: dict[str, str] = field(default_factory=dict)

    def argv(self, *arguments: object) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "pos_app", *map(str, arguments)]

    def env(self) -> dict[str, str]:
        """The environment: ours without any settings of this machine's."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("POS_TERMINAL__")}
        return {**clean, "POS_TERMINAL__TERMINAL__STATE_DIR": str(self.state_dir), **self.environ}

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(  # noqa: S603 - our own command
            self.argv(*arguments), env=self.env(), capture_output=True, text=True, timeout=50, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start, to be killed or waited for."""
        return subprocess.Popen(  # noqa: S603 - our own command
            self.argv(*arguments), env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


def control_of(url: str) -> Control:
    """`control("GET", "/control/totals")`, `control("POST", "/control/faults", {...})` of the sandbox at `url`."""

    def call(method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - the loopback
            f"{url}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")

    return call


def profile_text(reader_port: str, **reader: object) -> str:
    """A profile with this reader on its port and everything else simulated."""
    options = "\n".join(f"{key} = {json.dumps(value)}" for key, value in reader.items())
    return f"""
name = "bench"
description = "a reader on a port of its own"
[card_reader]
driver = "ecr17"
port = "{reader_port}"
{options}
[scanner]
driver = "images"
[printer]
driver = "escpos"
port = "double:"
"""


def works(*command: str) -> bool:
    """Whether this machine lets us run it: a container may have the program and forbid what it does."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0  # noqa: S603 - ours


def can_trace() -> bool:
    """Whether system calls can be watched and made to fail."""
    return works("strace", "-o", "/dev/null", "true")
