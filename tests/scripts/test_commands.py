"""What the scripts do with a machine that lacks something, and with arguments they do not know."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = ("libzbar.so.0", "libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")


@dataclass
class Machine:
    """A tree with scripts/setup in it, and commands of our own in front of the system's."""

    folder: Path

    def command(self, name: str, script: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.folder}/calls"\n{script}\n')
        path.chmod(0o755)

    def has_libraries(self, *names: str) -> None:
        self.command("ldconfig", "\n".join(f"echo '\t{name} (libc6,x86-64) => /lib/{name}'" for name in names))

    def knows_packages(self, *names: str) -> None:
        known = "|".join(names) or "none"
        self.command(
            "apt-cache", f'case $2 in {known}) echo "  Candidate: 1.0" ;; *) echo "  Candidate: (none)" ;; esac'
        )

    def set_up(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return run(self.folder / "tree/scripts/setup", *arguments, environ={"PATH": path, **(environ or {})})

    def calls(self, command: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(f"{command} ")]


def run(
    script: Path, *arguments: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments],
        env={**os.environ, **(environ or {})},
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Debian 13 with everything installed, and an apt-get that installs nothing."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "tree/scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup", tmp_path / "tree/scripts/setup")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "tree/pyproject.toml")
    machine = Machine(tmp_path)
    machine.has_libraries(*LIBRARIES)
    machine.knows_packages("libzbar0t64", "libgl1", "libglib2.0-0t64", "python3-venv")
    machine.command("id", "echo 0")
    machine.command("sudo", "exit 1")
    machine.command("apt-get", "exit 100")
    return machine


@pytest.mark.parametrize("script", ["setup", "test", "test-fresh", "check", "demo", "bench", "coverage"])
def test_an_unknown_argument_is_answered_with_one_sentence(script: str, tmp_path: Path) -> None:
    done = run(ROOT / "scripts" / script, "--frsh", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{script}: unknown ")
    assert "'--frsh'; usage: scripts/" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_user_who_may_not_install_is_told_the_exact_line(machine: Machine) -> None:
    machine.has_libraries("libGL.so.1")
    machine.command("id", "echo 1000")
    done = machine.set_up()
    assert done.returncode == 3
    assert done.stderr.endswith("as root: apt-get install -y --no-install-recommends libzbar0t64 libglib2.0-0t64\n")
    assert not any(" install " in call for call in machine.calls("sudo"))


def test_packages_are_called_as_this_release_calls_them(machine: Machine) -> None:
    machine.has_libraries()
    machine.knows_packages("libzbar0", "libgl1", "libglib2.0-0")
    assert machine.set_up().returncode == 3
    installs = [call for call in machine.calls("apt-get") if " install " in call]
    assert installs[0].endswith("install -y -q --no-install-recommends libzbar0 libgl1 libglib2.0-0")


def test_package_lists_are_read_only_when_they_do_not_know_a_package(machine: Machine) -> None:
    machine.has_libraries("libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    machine.knows_packages()
    machine.command("apt-get", "exit 0")
    done = machine.set_up()
    assert done.returncode == 3
    assert "the package sources of this system do not know one of: libzbar0t64 libzbar0" in done.stderr
    assert [call.split()[1] for call in machine.calls("apt-get")] == ["update"]


def test_root_needs_no_sudo_and_a_user_with_sudo_uses_it(machine: Machine) -> None:
    machine.has_libraries("libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    machine.command("id", "echo 1000")
    machine.command("sudo", '[[ $1 == -n ]] && exit 0; exec "$@"')
    machine.set_up()
    assert any("apt-get install" in call for call in machine.calls("sudo"))
    (machine.folder / "calls").unlink()
    machine.command("id", "echo 0")
    machine.set_up()
    assert machine.calls("sudo") == []
    assert any(" install " in call for call in machine.calls("apt-get"))


def test_a_python_that_is_too_old_is_refused_in_a_sentence(machine: Machine) -> None:
    machine.command(
        "oldpython", '[[ $1 == --version ]] && echo "Python 3.9.2"; [[ $2 == *version_info* ]] && exit 1; exit 0'
    )
    done = machine.set_up(environ={"PYTHON": "oldpython"})
    assert done.returncode == 3
    assert "Python 3.9.2 is too old: pos-terminal needs Python 3.11 or newer" in done.stderr
    assert not (machine.folder / "tree/.venv").exists()


def test_a_python_without_venv_gets_it_installed(machine: Machine) -> None:
    machine.command("barepython", "exit 1")
    machine.set_up(environ={"PYTHON": "barepython"})
    assert any(call.endswith(" python3-venv") for call in machine.calls("apt-get"))


def test_what_pip_said_is_shown_only_when_it_failed(machine: Machine) -> None:
    (machine.folder / "tree/pyproject.toml").write_text('[project]\nname = "x"\nversion = "nonsense"\n[build-system]\n')
    machine.command("fakepython", FAKE_PYTHON.format(tree=machine.folder / "tree"))
    done = machine.set_up(environ={"PYTHON": "fakepython"})
    assert done.returncode == 1
    assert "pip's own words" in done.stderr
    assert done.stderr.endswith("setup: pip could not install the packages (its own words are above).\n")


# Makes a .venv whose python is this same script: it has a pip that answers, but cannot install.
FAKE_PYTHON = """
case "$*" in
--version) echo "Python 3.13.0" ;;
"-m venv"*) mkdir -p {tree}/.venv/bin && cp "$0" {tree}/.venv/bin/python ;;
"-m pip --version") exit 0 ;;
"-m pip install"*) echo "pip's own words"; exit 1 ;;
*) exit 0 ;;
esac
"""
