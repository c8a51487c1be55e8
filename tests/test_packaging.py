"""What `pip install` gives is the product: nothing forgotten, nothing that does not belong there."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts.import_table import read_rows

ROOT = Path(__file__).parents[1]
PACKAGES = ("drivers", "hw_profiles", "pos_app")

pytestmark = pytest.mark.slow(reason="builds the wheel and makes a virtual environment")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree by the same backend that pip would use."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel in it.

    The packages that it needs are not fetched again: a .pth file lends it those of this environment, where the product
    itself is only an editable link, so what is imported is the wheel.
    """
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel), cwd=folder)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (site / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def _run(*command: str, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environ, check=False, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _entries(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_top_level_is_the_three_packages_and_nothing_else(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in _entries(wheel)}
    assert {name for name in top if not name.endswith((".dist-info", ".data"))} == set(PACKAGES)


def test_every_file_of_the_packages_is_inside(wheel: Path) -> None:
    tracked = _run("git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES, cwd=ROOT).splitlines()
    assert sorted(name for name in tracked if (ROOT / name).exists() and name not in _entries(wheel)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "hw_profiles/simulator.toml",
        "hw_profiles/counter-x86-ingenico.toml",
        "pos_app/texts/*.toml",
        "pos_app/psp/wsdl/*.wsdl",
        "pos_app/psp/wsdl/*.xsd",
        "pos_app/sandbox/wsdl/*.wsdl",
        "pos_app/sandbox/data/*.jpg",
        "*/py.typed",
    ],
)
def test_what_is_read_at_run_time_is_inside(wheel: Path, pattern: str) -> None:
    assert [name for name in _entries(wheel) if Path(name).match(pattern)]


def test_every_package_that_may_be_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    rows = project["tool"]["importlinter"]["contracts"][0]["rows"]
    allowed = {name.partition(".")[0] for names in read_rows(rows).values() for name in names} - {
        *PACKAGES,
        "everything",
    }
    asked = {re.split(r"[^A-Za-z0-9_-]", wanted)[0].lower() for wanted in project["project"]["dependencies"]}
    brought = {
        name: {each.lower().replace("_", "-") for each in dists} for name, dists in packages_distributions().items()
    }
    assert [name for name in sorted(allowed) if not brought.get(name, set()) & asked] == []


def test_the_command_is_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "pos-terminal = pos_app.cli:main" in archive.read(name).decode()


def test_the_installed_command_says_its_version(python: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    where = _run(str(python), "-c", "import pos_app; print(pos_app.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(python.parents[1])
    assert version in _run(str(python.with_name("pos-terminal")), "--version", cwd=tmp_path)


def test_the_installed_profiles_are_found_by_name(python: Path, tmp_path: Path) -> None:
    script = "from pathlib import Path; import hw_profiles; print(*hw_profiles.names(Path('/nonexistent')))"
    assert _run(str(python), "-c", script, cwd=tmp_path).split() == ["counter-x86-ingenico", "simulator"]


def test_help_comes_without_any_library_that_is_slow_to_load(python: Path, tmp_path: Path) -> None:
    heavy = ("cv2", "escpos", "lxml", "numpy", "PIL", "pydantic", "pyzbar", "requests", "starlette", "zeep", "zxingcpp")
    script = f"""
import sys
from click.testing import CliRunner
from pos_app.cli import main
shown = CliRunner().invoke(main, ["--help"])
assert shown.exit_code == 0 and "pay" in shown.output, shown.output
print([name for name in {heavy!r} if name in sys.modules])
"""
    assert _run(str(python), "-c", script, cwd=tmp_path).strip() == "[]"
