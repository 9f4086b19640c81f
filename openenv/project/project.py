"""A project on disk: where it is, how it is laid out and what serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib.util import decode_source
from pathlib import Path

from openenv.errors import ConfigurationError
from openenv.project.manifest import MANIFEST_NAME, Manifest, parse_manifest
from openenv.project.pyproject import PYPROJECT_NAME, parse_pyproject


class Layout(str, Enum):
    """How the files of a project are arranged.

    ``PACKAGE`` has a package folder beside ``openenv.yaml``. In ``FLAT``, the layout of existing
    environments, the package's files themselves stand there.
    """

    PACKAGE = "package"
    FLAT = "flat"


@dataclass(frozen=True)
class Project:
    """A project that was found and read.

    Attributes:
        root: The folder with ``openenv.yaml``; servers run from it.
        manifest: What ``openenv.yaml`` says.
        layout: How the files are arranged.
        package: The name under which the package is imported.
        package_dir: The folder with the package's files.
        import_path: The entry that ``sys.path`` needs for ``app`` to be importable.
        app_or_none: The application as ``module:attribute``, if there is one.
    """

    root: Path
    manifest: Manifest
    layout: Layout
    package: str
    package_dir: Path
    import_path: Path
    app_or_none: str | None

    @classmethod
    def find(cls, path: str | Path = ".") -> Project:
        """Find and read the project that a path belongs to.

        Args:
            path: A folder in the project, or a file in it.

        Returns:
            The project.

        Raises:
            ConfigurationError: There is no such path, or no ``openenv.yaml`` in or above it.
            ManifestError: The manifest is broken.
        """
        return cls.read(find_root(path))

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read the project whose ``openenv.yaml`` stands in a folder.

        Args:
            root: The folder.

        Returns:
            The project.

        Raises:
            ConfigurationError: The manifest cannot be read.
            ManifestError: The manifest is broken.
        """
        return cls.from_manifest(root, parse_manifest(read_text(root / MANIFEST_NAME)))

    @classmethod
    def from_manifest(cls, root: Path, manifest: Manifest) -> Project:
        """Work out the layout of a project whose manifest was read."""
        app = manifest.app or _usual_app(root, manifest)
        top = None if app is None else app.partition(":")[0].partition(".")[0]
        if top is not None and top != "server" and ((root / top).is_dir() or not (root / "__init__.py").exists()):
            return cls(root, manifest, Layout.PACKAGE, top, root / top, root, app)
        # Installed, or named by its own folder: the package is the folder that the manifest stands in.
        if top is not None and top == root.name:
            return cls(root, manifest, Layout.FLAT, top, root, root.parent, app)
        return cls(root, manifest, Layout.FLAT, _flat_package(root, manifest), root, root, app)

    @property
    def app(self) -> str:
        """The application, as ``module:attribute``.

        Raises:
            ConfigurationError: The manifest names none, and the usual file is not there.
        """
        if self.app_or_none is None:
            raise ConfigurationError(
                f"{self.root / MANIFEST_NAME} names no app, and there is no server/app.py",
                hint=f"add to {MANIFEST_NAME}: app: {self.package}.server.app:app",
            )
        return self.app_or_none

    def module_file(self, module: str) -> Path | None:
        """Find the file of a module without importing it.

        Args:
            module: Its dotted name, as ``sys.path`` with ``import_path`` in front resolves it.

        Returns:
            The file, or ``None`` where the project holds no such module.
        """
        parts = module.split(".")
        bases = [self.import_path.joinpath(*parts)]
        if self.layout is Layout.FLAT and parts[0] == self.package:
            bases.append(self.root.joinpath(*parts[1:]))
        candidates = [file for base in bases for file in (base / "__init__.py", base.with_name(f"{base.name}.py"))]
        return next((file for file in candidates if file.is_file()), None)


def find_root(path: str | Path = ".") -> Path:
    """Walk up from a path to the folder with ``openenv.yaml``.

    Args:
        path: Where to begin.

    Returns:
        The folder, absolute.

    Raises:
        ConfigurationError: There is no such path, or no ``openenv.yaml`` in or above it.
    """
    start = Path(path).expanduser().resolve()
    if not start.exists():
        raise ConfigurationError(f"{path}: no such file or folder", hint="name a project's folder")
    for folder in (start, *start.parents):
        if (folder / MANIFEST_NAME).is_file():
            return folder
    raise ConfigurationError(
        f"no {MANIFEST_NAME} in {start} or any folder above it",
        hint="make a project with: openenv init my-env",
    )


def read_text(path: Path, newline: str | None = None) -> str:
    """Read a text file of a project.

    Args:
        path: The file.
        newline: As for ``open``: the empty text leaves the ends of lines as they are.

    Returns:
        Its text, without a byte-order mark.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    with _reading(path), path.open(encoding="utf-8-sig", newline=newline) as file:
        return file.read()


def read_source(path: Path) -> str:
    """Read a Python file of a project as Python reads it: in the encoding that it declares, else UTF-8.

    Args:
        path: The file.

    Returns:
        Its text.

    Raises:
        ConfigurationError: It cannot be read, or is not in its encoding.
        SyntaxError: It declares an encoding that there is not.
    """
    with _reading(path):
        content = path.read_bytes()
        try:
            return decode_source(content)
        except SyntaxError:
            content.decode("utf-8")  # where this fails, it says more
            raise


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say why a file cannot be read."""
    try:
        yield
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = f"{path.name}:{line}:{column}: not {error.encoding.upper()} text"
        raise ConfigurationError(message, hint="save the file as UTF-8") from None
    except OSError as error:
        hint = "give yourself the right to read it" if isinstance(error, PermissionError) else None
        raise ConfigurationError(f"{path}: {error.strerror or error}", hint=hint) from None


def _usual_app(root: Path, manifest: Manifest) -> str | None:
    """Find the application of a project whose manifest names none."""
    if (root / manifest.package / "server" / "app.py").is_file():
        return f"{manifest.package}.server.app:app"
    if (root / "server" / "app.py").is_file():
        return "server.app:app"
    return None


def _flat_package(root: Path, manifest: Manifest) -> str:
    try:
        named = parse_pyproject(read_text(root / PYPROJECT_NAME)).root_package
    except ConfigurationError:
        named = None  # a missing or broken pyproject.toml is reported by a check of its own
    return named or manifest.package
