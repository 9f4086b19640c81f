"""A project's files, read without running any of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from openenv.errors import ConfigurationError
from openenv.project.dockerfile import DockerfileError, Stage, read_stages
from openenv.project.front_matter import README_NAME, read_front_matter
from openenv.project.manifest import MANIFEST_NAME, ClassReference, Manifest, parse_manifest
from openenv.project.project import Layout, Project, read_source, read_text
from openenv.project.pyproject import PYPROJECT_NAME, PyProject, parse_pyproject
from openenv.project.yaml_document import YamlDocument, YamlError, read_yaml
from openenv.validation.check import NotChecked
from openenv.validation.remembered import remembered

_NOT_OURS = {"__pycache__", "node_modules", "build", "dist", "outputs"}


class Sources:
    """The files of a project.

    Args:
        root: The folder with ``openenv.yaml``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._trees: dict[Path, ast.Module] = {}

    @remembered
    def manifest_text(self) -> str:
        """The text of the manifest; raises why it cannot be read."""
        return read_text(self.root / MANIFEST_NAME)

    @remembered
    def manifest(self) -> Manifest:
        """The manifest; raises what is wrong with it."""
        return parse_manifest(self.manifest_text)

    def manifest_place(self, *keys: str | int) -> str:
        """Name the place in the manifest where a key, or a key or an index in it, has its value; else the manifest."""
        found = read_yaml(self.manifest_text).values.get(keys)
        return MANIFEST_NAME if found is None else f"{MANIFEST_NAME}:{found.line}:{found.column}"

    @remembered
    def project(self) -> Project:
        """The project, or ``NotChecked`` where its manifest cannot be read."""
        try:
            return Project.from_manifest(self.root, self.manifest)
        except ConfigurationError:
            raise NotChecked(f"{MANIFEST_NAME} cannot be read (S001)") from None

    @remembered
    def pyproject_text(self) -> str:
        """The text of ``pyproject.toml``, or ``NotChecked`` where there is none."""
        if not (self.root / PYPROJECT_NAME).is_file():
            raise NotChecked(f"there is no {PYPROJECT_NAME} (S004)")
        return read_text(self.root / PYPROJECT_NAME)

    @remembered
    def pyproject(self) -> PyProject:
        """What ``pyproject.toml`` says; raises what is wrong with it."""
        return parse_pyproject(self.pyproject_text)

    @property
    def dockerfile_places(self) -> list[str]:
        """Where a Dockerfile may stand, the usual place first."""
        return ["Dockerfile"] + ["server/Dockerfile"] * (self.project.layout is Layout.FLAT)

    @remembered
    def dockerfile(self) -> Path:
        """The Dockerfile, or ``NotChecked`` where there is none."""
        for place in self.dockerfile_places:
            if (self.root / place).is_file():
                return self.root / place
        raise NotChecked("there is no Dockerfile (S005)")

    @remembered
    def stages(self) -> list[Stage]:
        """The stages that the Dockerfile builds, or ``NotChecked`` where it cannot be read."""
        try:
            return read_stages(read_text(self.dockerfile))
        except (DockerfileError, ConfigurationError):
            raise NotChecked(f"{self.name(self.dockerfile)} cannot be read (S014)") from None

    @remembered
    def front_matter(self) -> YamlDocument:
        """The front matter of the README, or ``NotChecked`` where there is none that can be read."""
        path = self.root / README_NAME
        if not path.is_file():
            raise NotChecked(f"there is no {README_NAME} (S005)")
        try:
            document = read_front_matter(read_text(path))
        except (YamlError, ConfigurationError):
            raise NotChecked(f"the front matter of {README_NAME} cannot be read (S020)") from None
        if document is None:
            raise NotChecked(f"{README_NAME} has no front matter (S020)")
        return document

    def name(self, path: Path) -> str:
        """Name a file of the project in a message: relative to its root, with forward slashes."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def python_files(self) -> Iterator[Path]:
        """Walk through the package's own Python files, in a stable order."""
        waiting = [self.project.package_dir]
        while waiting:
            folder = waiting.pop()
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.suffix == ".py" and path.is_file():
                    yield path
                elif path.is_dir() and not path.is_symlink() and is_source(path):
                    waiting.append(path)

    def parse(self, path: Path) -> ast.Module:
        """Parse a Python file; raises ``SyntaxError`` or ``ConfigurationError`` where that cannot be done."""
        if path not in self._trees:
            source = read_source(path)
            try:
                self._trees[path] = ast.parse(source, str(path))
            except (ValueError, RecursionError, MemoryError) as error:
                raise ConfigurationError(f"cannot be parsed: {type(error).__name__} {error}") from None
        return self._trees[path]

    def tree(self, path: Path) -> ast.Module:
        """Parse a Python file, or ``NotChecked`` where that cannot be done."""
        try:
            return self.parse(path)
        except (SyntaxError, ConfigurationError):
            raise NotChecked(f"{self.name(path)} cannot be parsed (S010)") from None

    def is_made_otherwise(self, module: str) -> bool:
        """Whether a module without a file of source is a folder, an extension module, or a file that a build writes."""
        top, *rest = module.split(".")
        project = self.project
        base = project.package_dir if top == project.package else project.import_path / top
        place = base.joinpath(*rest)
        return place.is_dir() or any(place.parent.glob(f"{place.name}.*")) or f"{place.name}.py" in self.pyproject_text

    def places(self, reference: ClassReference, usual: str) -> list[str]:
        """Say in which modules a class may stand: the one that is named, or the usual ones."""
        package = self.project.package
        return [reference.module] if reference.module else [f"{package}.{usual}", f"{package}.client", package]


def is_source(folder: Path) -> bool:
    """Whether a folder of a project holds files of its own, rather than what was made or fetched."""
    hidden = folder.name.startswith(".") or folder.name.endswith(".egg-info")
    return not hidden and folder.name not in _NOT_OURS and not (folder / "pyvenv.cfg").exists()


def defines(tree: ast.Module, name: str) -> bool | None:
    """Say whether a module binds a name at its top level, without running it.

    Args:
        tree: The module.
        name: The name.

    Returns:
        Whether it does; ``None`` where only running it would tell, after a star import for example.
    """
    unclear = False
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        statement = waiting.pop()
        if name in _bound(statement):
            return True
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            unclear = True
        if isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__":
            unclear = True
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)]
            waiting += [inner for handler in getattr(statement, "handlers", ()) for inner in handler.body]
            waiting += [inner for case in getattr(statement, "cases", ()) for inner in case.body]
    return None if unclear else False


def _bound(statement: ast.stmt) -> set[str]:
    """The names that one statement binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For)):
        targets = [statement.target]
    elif isinstance(statement, ast.With):
        targets = [item.optional_vars for item in statement.items if item.optional_vars]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
