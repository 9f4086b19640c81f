"""S013: what the code imports from its own package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from openenv.validation.check import Finding, Stage, check
from openenv.validation.files.sources import Sources, defines


@check(
    "S013",
    "What the code imports from its own package exists",
    stage=Stage.SOURCES,
    needs=("S004", "S010", "S012"),
    mend="correct the import, or define what it names",
)
def own_imports_exist(sources: Sources) -> Iterator[Finding]:
    """Modules and names, in files that are imported late too; nothing is run."""
    for path in sources.python_files():
        for statement in _certain(sources.tree(path).body):
            module = _module(sources, path, statement)
            if module is not None:
                where = f"{sources.name(path)}:{statement.lineno}"
                yield from (Finding(message, where) for message in _missing(sources, module, statement))


def _certain(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """The imports that have to work: none that an ``except`` catches."""
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            yield statement
        elif not isinstance(statement, ast.Try):
            for block in ("body", "orelse", "finalbody"):
                yield from _certain(getattr(statement, block, []))


def _module(sources: Sources, path: Path, statement: ast.ImportFrom) -> str | None:
    """The module that is imported from, where that is one of the project's."""
    package = sources.project.package
    if statement.level:
        here = [package, *path.parent.relative_to(sources.project.package_dir).parts]
        kept = here[: len(here) - statement.level + 1]
        return ".".join([*kept, *([statement.module] if statement.module else [])]) if kept else None
    module = statement.module or ""
    return module if module.partition(".")[0] == package else None


def _missing(sources: Sources, module: str, statement: ast.ImportFrom) -> Iterator[str]:
    path = sources.project.module_file(module)
    if path is None:
        if not sources.is_made_otherwise(module):
            yield f"there is no module {module}"
        return
    tree = sources.tree(path)
    for name in (alias.name for alias in statement.names if alias.name != "*"):
        if defines(tree, name) is False and sources.project.module_file(f"{module}.{name}") is None:
            yield f"{sources.name(path)} does not define {name}"
