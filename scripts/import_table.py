"""The import contracts of architecture.md ("Who may import whom"), as a kind of contract that import-linter can check.

A row reads `importers -> what it may import besides the standard library and itself`; what is not there is forbidden.
The longest importer that fits a module is its row. A module that imports anything and has no row is a mistake too: a
new room begins with its row. Every import counts, wherever in the file it stands.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ImportTable(Contract):
    """`rows`: the table. `everything` as a right side allows all."""

    type_name = "import_table"
    rows = cast("list[str]", fields.ListField(subfield=fields.StringField()))  # an instance holds what was parsed

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  # import-linter calls it so
        """Compare every import of our packages with its row."""
        complaints = sorted(_complaints(graph, read_rows(self.rows)))
        return ContractCheck(kept=not complaints, metadata={"complaints": complaints})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import that has no place in the table."""
        _print_all(check)


class TopLevelImports(Contract):
    """`modules` may import only `allowed` where the module itself runs: the rest is imported where it is used."""

    type_name = "top_level_imports"
    modules = cast("list[str]", fields.ListField(subfield=fields.StringField()))
    allowed = cast("list[str]", fields.ListField(subfield=fields.StringField()))

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  # import-linter calls it so
        """Read the source of each module that exists."""
        present = [name for name in self.modules if name in graph.modules]
        complaints = [complaint for name in present for complaint in self._complaints(name)]
        return ContractCheck(kept=not complaints, metadata={"complaints": complaints})

    def _complaints(self, module: str) -> Iterator[str]:
        for line, imported in top_level_imports(_source_of(module).read_text("utf-8")):
            if not _is_standard(imported) and not _fits_any(imported, self.allowed):
                yield f"{module} imports {imported} when it is loaded (line {line}); import it inside the function"

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import that stands too high."""
        _print_all(check)


def read_rows(rows: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`"a, a.b -> c, d"` -> `{"a": ("c", "d"), "a.b": ("c", "d")}`. Raises ValueError for a row without an arrow."""
    table = {}
    for row in rows:
        importers, arrow, allowed = row.partition("->")
        if not arrow:
            raise ValueError(f"the row {row!r} of the import table has no '->'")
        table.update(dict.fromkeys(_names(importers), tuple(_names(allowed))))
    return table


def top_level_imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every import that runs when the module is loaded: not those inside functions."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module or ''}.{alias.name}") for alias in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _complaints(graph: ImportGraph, table: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for module in sorted(graph.modules):
        row = _row_of(module, table)
        if graph.is_module_squashed(module):  # somebody else's package
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            if row is None:
                yield f"{_where(graph, module, imported)}, but has no row in the import table"
            elif not _may_import(imported, row, table[row]):
                yield f"{_where(graph, module, imported)}, which is not in the row of {row}"


def _where(graph: ImportGraph, module: str, imported: str) -> str:
    details = graph.get_import_details(importer=module, imported=imported)
    return f"{module} imports {imported} (line {', '.join(str(detail['line_number']) for detail in details)})"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _row_of(module: str, table: Mapping[str, tuple[str, ...]]) -> str | None:
    return max((name for name in table if _fits(module, name)), key=len, default=None)


def _may_import(imported: str, row: str, allowed: tuple[str, ...]) -> bool:
    return "everything" in allowed or _is_standard(imported) or _fits_any(imported, (row, *allowed))


def _fits(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def _fits_any(module: str, names: Iterable[str]) -> bool:
    return any(_fits(module, name) for name in names)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _source_of(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _print_all(check: ContractCheck) -> None:
    for complaint in check.metadata["complaints"]:
        output.print_error(complaint, bold=False)
