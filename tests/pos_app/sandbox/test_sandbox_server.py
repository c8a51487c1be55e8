"""The sandbox as a program and as a part of one: its one line, its end, its state file."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pos_app.sandbox.sandbox import SandboxError, SandboxOptions
from pos_app.sandbox.server import RunningSandbox

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http

PROGRAM = """
import sys
from pathlib import Path
from pos_app.sandbox.sandbox import SandboxOptions
from pos_app.sandbox.server import serve
serve(SandboxOptions(port=0, state=Path(sys.argv[1]) if len(sys.argv) > 1 else None))
"""


class Program:
    """The sandbox in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    @property
    def url(self) -> str:
        return self.line.removeprefix("sandbox ready ").strip()

    def end(self, number: int) -> tuple[float, str, str]:
        """Signal it; how long it took to end, and what more it had written."""
        begun = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return time.monotonic() - begun, out, err


@pytest.fixture
def program() -> Iterator[type[Program]]:
    started: list[Program] = []

    class Started(Program):
        def __init__(self, *arguments: str) -> None:
            super().__init__(*arguments)
            started.append(self)

    yield Started
    for each in started:
        each.process.kill()
        each.process.communicate()


@pytest.fixture
def outside(http_sandbox: "Http") -> type["Http"]:
    return type(http_sandbox)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_and_ends_within_a_second(
    program: type[Program], outside: type["Http"], number: int
) -> None:
    running = program()
    assert running.line.startswith("sandbox ready http://127.0.0.1:")
    assert outside(running.url).till.verify().ok
    took, out, _ = running.end(number)
    assert running.process.returncode == 0
    assert out == ""
    assert took < 1


def test_it_ends_within_a_second_though_somebody_waits(program: type[Program], outside: type["Http"]) -> None:
    running = program()
    client = outside(running.url)
    client.control(
        "POST",
        "faults",
        {"operation": "verifyPaymentNotice", "at": "ec", "kind": "timeout"} | {"operation": "paVerifyPaymentNotice"},
    )
    waiting = socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])))
    with waiting:
        waiting.sendall(b"POST /psp HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        took, _, err = running.end(signal.SIGTERM)
    assert took < 1
    assert "Traceback" not in err


def test_a_killed_sandbox_knows_all_it_ever_said(program: type[Program], outside: type["Http"], tmp_path: Path) -> None:
    state = str(tmp_path / "state.sqlite")
    first = program(state)
    client = outside(first.url)
    paid, open_token = (
        client.till.activate().token,
        client.till.activate("301000000000020057", key="70000000001_Ab3dE6gH9j").token,
    )
    assert client.till.outcome(paid, key="70000000001_0000000000").ok
    client.control("PUT", "notices/77777777777/301000000000000144", {"amount": 990})
    client.control("POST", "clock", {"advance": 60})
    before = client.notice()
    first.end(signal.SIGKILL)

    again = outside(program(state).url)
    assert again.notice() == before
    assert again.notice("301000000000000144")["notice"]["amount"] == 990
    assert again.control("GET", "clock").json["offset"] == 60
    assert again.till.outcome(paid, key="70000000001_0000000000").ok
    assert again.till.activate("301000000000020057", key="70000000001_Ab3dE6gH9j").token == open_token
    assert again.till.outcome(open_token, "KO").ok


def test_a_receipt_that_was_not_delivered_before_the_kill_is_delivered_after(
    outside: type["Http"], tmp_path: Path
) -> None:
    options = SandboxOptions(port=0, state=tmp_path / "state.sqlite")
    with RunningSandbox(options) as first:
        client = outside(first.url)
        client.control("POST", "faults", {"operation": "paSendRTV2", "at": "ec", "kind": "lost_request"})
        client.till.outcome(client.till.activate().token)
        assert client.notice()["position"] == "PAID"
    with RunningSandbox(options) as second:
        client = outside(second.url)
        client.control("POST", "clock", {"advance": 3600})
        assert client.notice()["position"] == "NOTIFIED"


def test_two_sandboxes_do_not_share_a_state_file(tmp_path: Path) -> None:
    options = SandboxOptions(port=0, state=tmp_path / "state.sqlite")
    with (
        RunningSandbox(options),
        pytest.raises(SandboxError, match="can't be used as a state file: database is locked"),
    ):
        RunningSandbox(options).start()


def test_reset_empties_the_state_file_as_well(outside: type["Http"], tmp_path: Path) -> None:
    options = SandboxOptions(port=0, state=tmp_path / "state.sqlite")
    with RunningSandbox(options) as first:
        client = outside(first.url)
        client.till.activate()
        client.control("POST", "reset")
    with RunningSandbox(options) as second:
        assert outside(second.url).notice()["position"] == "INSERTED"


def test_it_may_be_closed_twice_and_lets_go_of_its_port() -> None:
    running = RunningSandbox().start()
    port = int(running.url.rpartition(":")[2])
    running.close()
    running.close()
    with RunningSandbox(SandboxOptions(port=port)) as again:
        assert again.url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with RunningSandbox() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match=rf"can't listen on 127\.0\.0\.1:{port}: .*choose another --port"):
            RunningSandbox(SandboxOptions(port=port)).start()


@pytest.mark.parametrize(
    ("field", "content", "sentence"),
    [
        ("registry", None, r"registry can't be read: No such file or directory"),
        ("registry", "{", r"registry is not JSON"),
        ("registry", "{}", r"registry: psps is missing"),
        ("notices", "[{}]", r"notices: \[0\]: amount is missing"),
        ("state", "not a database at all, but long enough to be looked at" * 20, r"can't be used as a state file"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, field: str, content: str | None, sentence: str
) -> None:
    file = tmp_path / field
    if content is not None:
        file.write_text(content)
    options: dict[str, Any] = {"port": 0, field: file}
    with pytest.raises(SandboxError, match=sentence):
        RunningSandbox(SandboxOptions(**options)).start()


def test_a_registry_and_notices_of_ones_own_are_what_it_starts_with(outside: type["Http"], tmp_path: Path) -> None:
    with RunningSandbox() as usual:
        registry = outside(usual.url).request("GET", "/control/registry").body
    (tmp_path / "registry.json").write_bytes(registry)
    (tmp_path / "notices.json").write_text(
        '[{"fiscal_code": "77777777777", "notice_number": "301000000000000144", "amount": 5}]'
    )
    options = SandboxOptions(port=0, registry=tmp_path / "registry.json", notices=tmp_path / "notices.json")
    with RunningSandbox(options) as running:
        client = outside(running.url)
        assert client.till.verify("301000000000000144").ok
        assert client.control("GET", "notices/77777777777/301000000000012373").status == 404


def test_naming_the_sandbox_loads_no_server() -> None:
    code = (
        "import sys, pos_app.sandbox.server; "
        "print([name for name in ('uvicorn', 'starlette', 'h11') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == "[]"


def test_the_ready_line_goes_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pos_app.sandbox import server  # noqa: PLC0415 - looked into

    output = io.StringIO()
    before = signal.getsignal(signal.SIGTERM)

    class Pressed(io.StringIO):
        def write(self, text: str) -> int:
            if text.endswith("\n") or text.startswith("sandbox"):
                signal.raise_signal(signal.SIGTERM)
            return output.write(text)

    server.serve(SandboxOptions(port=0), output=Pressed())
    assert output.getvalue().startswith("sandbox ready http://127.0.0.1:")
    assert output.getvalue().count("\n") == 1
    assert signal.getsignal(signal.SIGTERM) is before
