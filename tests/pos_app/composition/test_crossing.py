"""Money rule 11: simulated and real never cross; all four combinations."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from drivers.card_reader.ecr17.simulator.endpoints import PtyEndpoint
from drivers.card_reader.ecr17.simulator.script import Script, Traits
from drivers.card_reader.ecr17.simulator.server import CardReaderDouble
from drivers.card_reader.ecr17.simulator.terminal import SimulatedTerminal
from pos_app.sandbox.server import RunningSandbox
from pos_app.testing.command import CODE, Command, profile_text

SETTINGS = """
[terminal]
id = "T0000001"
[merchant]
name = "Edicola"
address = "Via Roma 1"
vat_number = "01234567890"
[psp]
url = "{url}"
test = {test}
terminal_secret = {{ file = "{secret}" }}
id = "70000000001"
broker_id = "70000000001"
channel_id = "70000000001_01"
fiscal_code = "70000000001"
name = "Banca di Prova"
password = {{ file = "{password}" }}
[fee]
fixed = 150
"""


class RealPsp(BaseHTTPRequestHandler):
    """Answers without a sandbox's stamp, as a PSP would that wants no visitors."""

    def do_GET(self) -> None:
        self.send_response(403)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - http.server's own name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""


@pytest.fixture
def real_psp() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), RealPsp) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/psp"
        server.shutdown()
        thread.join()


@pytest.fixture
def real_reader(tmp_path: Path) -> Iterator[Path]:
    """A reader that does not present itself as a double."""
    terminal = SimulatedTerminal(Script(Traits(release="SYS03.4E")))
    with CardReaderDouble(terminal, PtyEndpoint(tmp_path / "reader")) as double:
        profile = tmp_path / "real.toml"
        profile.write_text(profile_text(double.port))
        yield profile


@pytest.fixture
def lasting_folder() -> Iterator[Path]:
    with TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def settings(folder: Path, url: str, *, test: bool = False) -> Path:
    for name, secret in (("secret", "sandbox"), ("password", "pwdpwdpwd")):
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    path = folder / "settings.toml"
    path.write_text(
        SETTINGS.format(url=url, test=str(test).lower(), secret=folder / "secret", password=folder / "password")
    )
    return path


def test_a_double_with_a_sandbox_pays(command: Command, sandbox: RunningSandbox, tmp_path: Path) -> None:
    given = settings(tmp_path, f"{sandbox.url}/psp")
    assert command("pay", "--settings", given, "--profile", "simulator", "--code", CODE, "--yes").returncode == 0


def test_a_double_with_a_real_psp_is_refused(command: Command, real_psp: str, tmp_path: Path) -> None:
    done = command("pay", "--settings", settings(tmp_path, real_psp), "--profile", "simulator", "--code", CODE, "--yes")
    assert done.returncode == 5
    assert "double" in done.stderr


def test_a_real_reader_with_a_sandbox_is_refused(
    command: Command, sandbox: RunningSandbox, real_reader: Path, tmp_path: Path
) -> None:
    given = settings(tmp_path, f"{sandbox.url}/psp")
    done = command("pay", "--settings", given, "--profile", real_reader, "--code", CODE, "--yes")
    assert done.returncode == 5
    assert "test = true" in done.stderr


def test_a_real_reader_with_a_sandbox_pays_at_the_bench_and_every_paper_says_so(
    command: Command, sandbox: RunningSandbox, real_reader: Path, tmp_path: Path
) -> None:
    given = settings(tmp_path, f"{sandbox.url}/psp", test=True)
    done = command("pay", "--settings", given, "--profile", real_reader, "--code", CODE, "--yes")
    assert done.returncode == 0, done.stderr
    assert "PROVA - SENZA VALORE" in done.stdout
    assert all(line.startswith("[PROVA") for line in done.stderr.splitlines() if "CHARGING" in line)


def test_a_real_reader_with_a_real_psp_is_let_through(
    command: Command, real_psp: str, real_reader: Path, tmp_path: Path, lasting_folder: Path
) -> None:
    command.state_dir = lasting_folder  # the temporary folder may lie in memory, where no real journal may be
    given = settings(tmp_path, real_psp)
    done = command("pay", "--settings", given, "--profile", real_reader, "--code", CODE, "--yes")
    assert done.returncode == 3, "the PSP answers 403 to verify: not paid, and not refused for crossing"
    assert "PROVA" not in done.stderr


def test_a_real_reader_is_not_used_with_the_demonstration_settings(
    command: Command, real_psp: str, real_reader: Path
) -> None:
    command.environ["POS_TERMINAL__PSP__URL"] = real_psp
    done = command("pay", "--profile", real_reader, "--code", CODE, "--yes")
    assert done.returncode == 5
    assert "password" in done.stderr


def test_a_reader_that_is_not_there_is_said_before_anything_is_activated(
    command: Command, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    profile = tmp_path / "absent.toml"
    profile.write_text(profile_text("/nowhere/reader"))
    given = settings(tmp_path, f"{sandbox.url}/psp", test=True)
    done = command("pay", "--settings", given, "--profile", profile, "--code", CODE, "--yes")
    assert done.returncode == 3
    assert "/nowhere/reader" in done.stderr
