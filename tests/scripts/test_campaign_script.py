"""`scripts/campaign --real`: what runs first, what is named when it can't, and what the exit code is worth."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/campaign"
LAST_LINE = "schedules=1 mutants=1/1"

# A Python that keeps what it was asked for, and ends as a file of its name says.
PYTHON = """#!/bin/sh
echo "$POS_CAMPAIGN $*" >>{log}
case "$*" in
*pytest*) echo tested; exit {pytest} ;;
*) echo "{last_line}"; exit {program} ;;
esac
"""


@dataclass
class Tree:
    """A tree with scripts/campaign in it; its Python is ours, and so is all that it finds besides."""

    root: Path

    def command(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def python(self, *, pytest: int = 0, program: int = 0) -> None:
        path = self.root / ".venv/bin/python"
        text = PYTHON.format(log=self.root / "calls", pytest=pytest, program=program, last_line=LAST_LINE)
        path.write_text(text)
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        log = self.root / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts/campaign", *arguments],
            env={"PATH": f"{self.root / 'bin'}"},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for folder in ("scripts", "bin", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "scripts/campaign")
    setup = tmp_path / "scripts/setup"
    setup.write_text("#!/bin/sh\n")
    setup.chmod(0o755)
    for name in ("bash", "env", "dirname", "sh"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    tree = Tree(tmp_path)
    tree.python()
    for name in ("strace", "unshare"):
        tree.command(name, "exit 0")
    tree.command("id", "echo 0")
    return tree


def test_without_real_the_campaign_gets_its_arguments_and_nothing_else_runs(tree: Tree) -> None:
    done = tree("--size", "full", "--seed", "7")
    assert (done.returncode, done.stdout) == (0, f"{LAST_LINE}\n")
    assert tree.calls == [" -m pos_app.testing.campaign.program --size full --seed 7"]


def test_the_real_tier_comes_first_at_full_size_and_the_last_line_stays_the_campaigns(tree: Tree) -> None:
    done = tree("--real", "--size", "small")
    assert (done.returncode, done.stdout) == (0, f"{LAST_LINE}\n"), done.stderr
    first, second = tree.calls
    assert first.startswith("full -m pytest")
    for part in ("test_kills", "test_system_calls", "test_power_cuts", "test_bit_flips", "test_damaged_journal"):
        assert f"/{part}.py" in first
    assert second == " -m pos_app.testing.campaign.program --size small"
    assert "NOT DONE" not in done.stderr


@pytest.mark.parametrize(
    ("command", "text", "sentence"),
    [
        ("strace", "exit 1", "strace is not installed"),
        ("id", "echo 1000", "only root can mount one"),
        ("unshare", "exit 1", "unshare must be there"),
    ],
)
def test_what_cannot_be_done_is_named_and_is_no_success(tree: Tree, command: str, text: str, sentence: str) -> None:
    tree.command(command, text)
    done = tree("--real")
    assert (done.returncode, done.stdout) == (3, f"{LAST_LINE}\n")
    (line,) = [line for line in done.stderr.splitlines() if "NOT DONE" in line]
    assert sentence in line
    assert ("test_kills" in tree.calls[0]) == (command != "strace")


@pytest.mark.parametrize(("pytest_code", "program_code", "code"), [(1, 0, 1), (0, 1, 1), (2, 1, 1), (0, 0, 0)])
def test_only_what_held_everywhere_is_exit_0(tree: Tree, pytest_code: int, program_code: int, code: int) -> None:
    tree.python(pytest=pytest_code, program=program_code)
    done = tree("--real")
    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == LAST_LINE
    assert ("BROKEN" in done.stderr) == bool(pytest_code)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--frsh",), "unknown argument '--frsh'"),
        (("--real", "full"), "unknown argument 'full'"),
        (("--real", "--size", "huge"), "--size can't be 'huge'"),
        (("--seed",), "--seed can't be ''"),
    ],
)
def test_a_wrong_argument_is_told_before_anything_runs(tree: Tree, arguments: tuple[str, ...], sentence: str) -> None:
    done = tree(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "usage: scripts/campaign" in done.stderr
    assert done.stderr.count("\n") == 1
    assert tree.calls == []
