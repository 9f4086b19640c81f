"""Environments that are installed as packages. Looking for them imports none of them, and nothing is cached."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from openenv.client.client import EnvClient
from openenv.discovery.names import class_name_of, key_of
from openenv.discovery.unknown import unknown_environment
from openenv.errors import ConfigurationError
from openenv.generics import type_arguments
from openenv.project.frames import frames_of, last_own, place
from openenv.project.manifest import MANIFEST_NAME, ClassReference, Manifest, parse_manifest
from openenv.project.missing import install_hint
from openenv.project.project import Project, read_text
from openenv.project.pyproject import ENTRY_POINTS, PYPROJECT_NAME
from openenv.version import DISTRIBUTION

_PREFIX = "openenv-"
_NO_ENVIRONMENTS = {DISTRIBUTION, "openenv-core", "openenv-cli"}


@dataclass(frozen=True)
class InstalledEnvironment:
    """An environment's package.

    Attributes:
        name: The environment's name.
        package: The name under which it is imported.
        version: The version of its distribution.
        folder: Where its files are.
    """

    name: str
    package: str
    version: str | None
    folder: Path

    @property
    def manifest(self) -> Manifest | None:
        """Its ``openenv.yaml``; ``None`` where it has none.

        Raises:
            ConfigurationError: It cannot be read, or is broken.
        """
        return _manifest_in(self.folder)

    @property
    def description(self) -> str | None:
        """One sentence on what an agent does there."""
        manifest = self.manifest
        return manifest.description if manifest else None

    @property
    def app(self) -> str:
        """Its application, as ``module:attribute``."""
        manifest = self.manifest
        app = (manifest.app if manifest else None) or "server.app:app"
        return app if app.partition(":")[0].partition(".")[0] == self.package else f"{self.package}.{app}"

    def client_class(self) -> type[EnvClient[Any, Any, Any]]:
        """Import the class of its clients.

        Raises:
            ConfigurationError: There is none, or it cannot be imported; the message names the package's own line.
        """
        manifest = self.manifest
        named = manifest.client if manifest else None
        module = self._import(named.module if named and named.module else f"{self.package}.client")
        found = getattr(module, named.name if named else class_name_of(self.name, "Env"), None)
        if found is None and named is None:
            found = _only_client(module)
        if not (isinstance(found, type) and issubclass(found, EnvClient)):
            raise ConfigurationError(
                f"{module.__name__} has no class of clients for {self.name}",
                hint=f"name it in {MANIFEST_NAME}: client: {self.package}.client:MyEnv",
            )
        return found

    def action_class(self) -> Any:
        """Import the class of its actions; raises as :meth:`client_class`."""
        manifest = self.manifest
        if manifest is not None and manifest.action is not None:
            return self._resolve(manifest.action)
        action = type_arguments(self.client_class(), EnvClient)[0]
        return action if isinstance(action, type) else self._resolve(ClassReference(None, self._conventional_action))

    @property
    def _conventional_action(self) -> str:
        return class_name_of(self.name, "Action")

    def _resolve(self, reference: ClassReference) -> Any:
        """Find a class; one without a module may stand in the usual places."""
        places = [reference.module] if reference.module else [f"{self.package}.models", self.package]
        for module in places:
            found = getattr(self._import(module), reference.name, None)
            if found is not None:
                return found
        raise ConfigurationError(f"{self.name}: there is no {reference.name} in {' or '.join(places)}")

    def _load(self, module: str) -> ModuleType:
        """Import a module, whatever that raises."""
        return importlib.import_module(module)

    def _import(self, module: str) -> ModuleType:
        try:
            return self._load(module)
        except Exception as error:
            said = error.msg if isinstance(error, SyntaxError) else str(error)
            message = f"{self.name}: cannot import {module}: {type(error).__name__}: {said}"
            own = last_own(frames_of(error), self.folder)
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            hint = install_hint(missing, self.package, self.folder) if missing else None
            hint = hint or f"mend the package {self.package}, or install it anew"
            raise ConfigurationError(f"{message} ({place(own)})" if own else message, hint=hint) from error


def installed_environments() -> list[InstalledEnvironment]:
    """Find all environments that are installed here, by name.

    They say so by an entry point, or their distribution is called ``openenv-…`` as those of deployed
    OpenEnv are.
    """
    importlib.invalidate_caches()  # what was installed a moment ago counts
    found: dict[str, InstalledEnvironment] = {}
    for name, package, version in (*_by_entry_point(), *_by_convention()):
        folder = _folder_of(package)
        if folder is not None and not any(each.package == package for each in found.values()):
            found.setdefault(key_of(name), InstalledEnvironment(_own_name(folder) or name, package, version, folder))
    return sorted(found.values(), key=lambda each: each.name)


def find_environment(
    name: str, unknown: Callable[[str, list[str]], ConfigurationError] = unknown_environment
) -> InstalledEnvironment:
    """Find an installed environment by any spelling of its name or its package's.

    Args:
        name: The name.
        unknown: Makes the error where there is none, from the name and those of all that are installed.

    Returns:
        The environment.

    Raises:
        ConfigurationError: There is none; the message names near ones.
    """
    known = installed_environments()
    wanted = key_of(name)
    for environment in known:
        if wanted in (key_of(environment.name), key_of(environment.package)):
            return environment
    raise unknown(name, [environment.name for environment in known])


def _by_entry_point() -> Iterator[tuple[str, str, str | None]]:
    for entry in entry_points(group=ENTRY_POINTS):
        yield entry.name, entry.value.partition(":")[0], entry.dist.version if entry.dist else None


def _by_convention() -> Iterator[tuple[str, str, str | None]]:
    for distribution in _named_like_environments():
        name = str(distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name.startswith(_PREFIX) and name not in _NO_ENVIRONMENTS:
            for package in _packages_of(distribution, name):
                if _folder_of(package) is not None:
                    yield package, package, distribution.version
                    break


def _named_like_environments() -> Iterator[Distribution]:
    """Find distributions by the names of their folders: to read the metadata of all would take long."""
    for entry in sys.path:
        for info in sorted(Path(entry).glob("[oO]pen[eE]nv[-_]*.dist-info")):
            yield Distribution.at(info)


def _packages_of(distribution: Distribution, name: str) -> list[str]:
    listed = (distribution.read_text("top_level.txt") or "").split()
    return [name.removeprefix(_PREFIX).replace("-", "_"), *listed]


def _folder_of(package: str) -> Path | None:
    """Find a package's folder without importing it."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _manifest_in(folder: Path) -> Manifest | None:
    """Read the manifest of a package; an editable install leaves it in the project's folder, above the package."""
    if (folder / MANIFEST_NAME).is_file():
        return _read_manifest(folder)
    root = folder.parent
    if not all((root / name).is_file() for name in (MANIFEST_NAME, PYPROJECT_NAME)):
        return None
    manifest = _read_manifest(root)
    return manifest if Project.from_manifest(root, manifest).package_dir == folder else None


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_NAME
    return parse_manifest(read_text(path), str(path))


def _own_name(folder: Path) -> str | None:
    """Read the name in a package's manifest; a broken one is reported when it is needed."""
    try:
        manifest = _manifest_in(folder)
    except ConfigurationError:
        return None
    return manifest.name if manifest else None


def _only_client(module: ModuleType) -> type | None:
    """Find the one class of clients that a module defines, where its name breaks the convention."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, EnvClient) and value.__module__ == module.__name__
    ]
    return own[0] if len(own) == 1 else None
