"""What importing the app imports of others, read without running it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from openenv.project.project import Project
from openenv.validation.files.sources import Sources

_KNOWN = {"openenv", *sys.stdlib_module_names}


def foreign_imports(sources: Sources) -> dict[str, str]:
    """Follow the imports of the app through the project's own modules.

    Only those count that nothing can keep from running: at the top of a module, and not below an ``if`` or a ``try``.

    Args:
        sources: The project's files.

    Returns:
        The packages that are neither the project's own, Python's nor the runtime -> where one is imported first.
    """
    project = sources.project
    waiting = [project.app.partition(":")[0]]
    seen: set[Path] = set()
    found: dict[str, str] = {}
    while waiting:
        for name, path in _files(project, waiting.pop(0)):
            if path in seen:
                continue
            seen.add(path)
            body = sources.tree(path).body
            waiting += _own(project, body, name, path)
            for statement in body:
                for module in _modules(project, statement, name, path):
                    package = module.partition(".")[0]
                    if package not in _KNOWN and not _is_own(project, package):
                        found.setdefault(package, f"{sources.name(path)}:{statement.lineno}")
    return found


def _files(project: Project, module: str) -> Iterator[tuple[str, Path]]:
    """The modules of the project that importing one of them runs, the packages around it first."""
    parts = module.split(".")
    for name in (".".join(parts[:count]) for count in range(1, len(parts) + 1)):
        path = project.module_file(name)
        if path is not None:
            yield name, path


def _own(project: Project, body: Sequence[ast.stmt], name: str, path: Path) -> list[str]:
    """The project's own modules that some statements import."""
    found: list[str] = []
    for statement in body:
        if isinstance(statement, ast.Try):
            found += _tried(project, statement, name, path)
        found += [one for one in _modules(project, statement, name, path) if project.module_file(one)]
    return found


def _tried(project: Project, statement: ast.Try, name: str, path: Path) -> list[str]:
    """The own modules that are imported by one name or by another one; none where they differ."""
    ways = [statement.body, *(handler.body for handler in statement.handlers)]
    # A relative import out of the top package fails for certain, and so does what comes with it.
    own = [_own(project, way, name, path) for way in ways if not any(_leads_out(one, name, path) for one in way)]
    files = [{project.module_file(one) for one in way} for way in own]
    return own[0] if files and all(way == files[0] for way in files) else []


def _leads_out(statement: ast.stmt, name: str, path: Path) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.level > len(_package(name, path))


def _package(name: str, path: Path) -> list[str]:
    """The parts of the package that a module's relative imports begin from."""
    parts = name.split(".")
    return parts if path.name == "__init__.py" else parts[:-1]


def _modules(project: Project, statement: ast.stmt, name: str, path: Path) -> list[str]:
    """The modules that a statement imports, by their whole names."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    if not isinstance(statement, ast.ImportFrom) or _leads_out(statement, name, path):
        return []
    package = _package(name, path)
    around = package[: len(package) - statement.level + 1] if statement.level else []
    module = ".".join([*around, *([statement.module] if statement.module else [])])
    inside = [f"{module}.{alias.name}" for alias in statement.names]
    return [module, *(one for one in inside if project.module_file(one))]


def _is_own(project: Project, package: str) -> bool:
    """Whether a package is the project's, or stands beside it where it may be found as well."""
    if package == project.package or project.module_file(package) is not None:
        return True
    places = {project.import_path, project.root, project.package_dir}
    return any((place / package).exists() or any(place.glob(f"{package}.*")) for place in places)
