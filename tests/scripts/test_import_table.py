"""The import contracts catch what architecture.md forbids, in a small house of our own making."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.import_table import read_rows, top_level_imports

ROOT = Path(__file__).parents[2]

CONFIG = """
[tool.importlinter]
root_package = "house"
include_external_packages = true
contract_types = [
    "import_table: scripts.import_table.ImportTable",
    "top_level_imports: scripts.import_table.TopLevelImports",
]
[[tool.importlinter.contracts]]
name = "table"
type = "import_table"
rows = ["house.cellar -> house.stairs, lxml", "house.stairs -> ", "house.roof -> everything"]
[[tool.importlinter.contracts]]
name = "light"
type = "top_level_imports"
modules = ["house.roof"]
allowed = ["house.stairs"]
"""
LINT = """
import sys
from importlinter.cli import lint_imports
sys.path[:0] = sys.argv[1:]
sys.exit(lint_imports())
"""


class House:
    """A package in a folder of its own, and lint-imports run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").write_text(CONFIG)
        for room in ("", "cellar", "stairs", "roof"):
            self.write(room or "__init__", "")

    def write(self, module: str, source: str) -> None:
        path = self.folder / "house" / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    def complaints(self) -> str:
        done = subprocess.run(
            [sys.executable, "-c", LINT, str(self.folder), str(ROOT)],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == ("BROKEN" in done.stdout), done.stdout + done.stderr
        return " ".join(done.stdout.split()) if done.returncode else ""


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_house_that_keeps_its_rows_is_clean(house: House) -> None:
    house.write("cellar", "import json\nimport lxml.etree\nfrom house import stairs\nfrom house.stairs import Step\n")
    assert house.complaints() == ""


def test_an_import_without_a_place_in_its_row_is_named_with_its_line(house: House) -> None:
    house.write("stairs", "import json\n\ndef up():\n    from house import cellar\n")
    assert "house.stairs imports house.cellar (line 4)" in house.complaints()


def test_somebody_elses_package_needs_a_place_in_the_row_too(house: House) -> None:
    house.write("cellar", "import requests\n")
    assert "house.cellar imports requests (line 1)" in house.complaints()


def test_a_new_room_begins_with_its_row(house: House) -> None:
    house.write("annex", "import json\n")
    assert "house.annex imports json (line 1), but has no row in the import table" in house.complaints()


def test_the_command_may_import_heavy_things_only_inside_its_functions(house: House) -> None:
    house.write("roof", "import sys\nfrom house import stairs\n\ndef run():\n    import lxml.etree\n")
    assert house.complaints() == ""
    house.write("roof", "import lxml.etree\n")
    assert "house.roof imports lxml.etree when it is loaded (line 1)" in house.complaints()


def test_imports_inside_a_function_do_not_run_when_the_module_is_loaded() -> None:
    source = "import a\nif True:\n    from b import c\nclass D:\n    import e\ndef f():\n    import g\n"
    assert sorted(top_level_imports(source)) == [(1, "a"), (3, "b.c"), (5, "e")]


def test_a_row_without_an_arrow_is_refused() -> None:
    with pytest.raises(ValueError, match="'house stairs' of the import table has no '->'"):
        read_rows(["house stairs"])
