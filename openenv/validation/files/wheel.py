"""The wheel that a project really builds, and what it should hold."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZipFile

from openenv.errors import ConfigurationError
from openenv.project.project import Layout
from openenv.project.pyproject import requirement_name
from openenv.validation.check import NotChecked
from openenv.validation.files.sources import Sources, is_source
from openenv.validation.remembered import remembered

_LOG_LINES = 12
_ASKS_GIT = re.compile(r"(?i)scm|vcs|\bgit\b|version|\bpbr\b")
"""Names of what a build takes versions and files from a repository with, which a copy is not."""

_BESIDE = {"README.md", "openenv.yaml", "pyproject.toml", "requirements.txt", "uv.lock", "Dockerfile"}
"""What stands among the files of a package and is none of its data."""


class BuildError(Exception):
    """The wheel cannot be built.

    Args:
        message: What happened.
        log: The last lines that the build printed.
    """

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


class Wheel:
    """The wheel of a project, built with what is installed here; nothing is fetched.

    Args:
        sources: The project's files.
        timeout_s: How long the build may take, in seconds.
    """

    def __init__(self, sources: Sources, timeout_s: float) -> None:
        self.sources = sources
        self._timeout_s = timeout_s

    @remembered
    def files(self) -> set[str]:
        """The paths in it, with ``/``.

        Raises:
            BuildError: It cannot be built.
            NotChecked: What builds it is not installed, or asks git.
        """
        try:
            build = self.sources.pyproject.build_system
        except ConfigurationError:
            raise NotChecked("pyproject.toml cannot be read (S006)") from None
        asking = next(filter(_ASKS_GIT.search, map(requirement_name, build.requires)), None)
        if asking is not None:
            raise NotChecked(f"{asking} asks git what belongs to the package; pip wheel . shows what it builds")
        missing = [name for name in map(requirement_name, build.requires) if not _is_installed(name)]
        if missing:
            names = " ".join(missing)
            raise NotChecked(f"what builds the package is not installed here: pip install {names}")
        with tempfile.TemporaryDirectory(prefix="openenv-wheel-") as folder:
            # A copy: backends leave things behind, and read what earlier builds have left.
            copy = Path(folder, "project")
            shutil.copytree(self.sources.root, copy, symlinks=True, ignore=_left_out)
            self._build(build.backend, copy, Path(folder))
            [wheel] = Path(folder).glob("*.whl")
            with ZipFile(wheel) as archive:
                return set(archive.namelist())

    def _build(self, backend: str, copy: Path, folder: Path) -> None:
        command = [sys.executable, "-m", "openenv.validation.files.wheel_probe", backend, str(folder)]
        with tempfile.TemporaryFile() as log:
            try:
                done = subprocess.run(
                    command,
                    cwd=copy,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    timeout=self._timeout_s,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise BuildError(f"building it takes longer than {self._timeout_s:g} s") from None
            log.seek(0)
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        if done.returncode != 0:
            raise BuildError(f"it cannot be built: {lines[-1] if lines else backend}", tuple(lines[-_LOG_LINES:]))

    def lacking(self) -> Iterator[tuple[Path, Path | None]]:
        """Go through the files that the package needs and the wheel does not hold.

        Yields:
            The file, and the module that names it: none where it is one itself.
        """
        project, held = self.sources.project, self.files
        named = self._names()
        for path in self._candidates():
            inside = path.relative_to(project.package_dir)
            if f"{project.package}/{inside.as_posix()}" in held:
                continue
            naming = next((named[part] for part in inside.parts if part in named), None)
            if path.suffix == ".py":
                yield path, None
            elif naming is not None:
                yield path, naming

    def _candidates(self) -> Iterator[Path]:
        project = self.sources.project
        flat = project.layout is Layout.FLAT
        for path in sorted(project.package_dir.iterdir()):
            if path.is_file() and (not flat or path.suffix != ".py" or path.stem in ("__init__", "client", "models")):
                yield from [] if path.name in _BESIDE or path.name.startswith(".") else [path]
            elif path.is_dir() and is_source(path) and (not flat or path.name == "server"):
                yield from _files_below(path)

    def _names(self) -> dict[str, Path]:
        """The parts of paths that the code names, each with the file that does so first."""
        named: dict[str, Path] = {}
        for path in self.sources.python_files():
            for node in ast.walk(self.sources.tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 256:
                    for part in node.value.split("/"):
                        named.setdefault(part, path)
        return named


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and is_source(path):
            yield from _files_below(path)
        elif path.is_file() and not path.name.startswith(".") and path.name not in _BESIDE and path.suffix != ".pyc":
            yield path


def _left_out(folder: str, names: list[str]) -> list[str]:
    """What is not copied: what earlier builds have left, virtual environments, the repository itself."""
    folders = [name for name in names if Path(folder, name).is_dir()]
    # .gitignore and the like are files: backends read them.
    return [name for name in folders if not is_source(Path(folder, name))]


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
