"""Environments that are not installed, but lie in a folder: a project, or what was fetched from the Hub."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from openenv.discovery.own_name import OwnName
from openenv.discovery.packages import InstalledEnvironment
from openenv.project.manifest import Manifest
from openenv.project.project import Project

_SHORT = 12


@dataclass(frozen=True)
class FolderEnvironment(InstalledEnvironment):
    """An environment whose package is imported under a name of its own.

    So it is never mistaken for an installed package that is called alike, nor that for it.

    Attributes:
        project: Its project.
        own_name: What its package is imported as.
    """

    project: Project
    own_name: OwnName

    @classmethod
    def read(cls, root: Path) -> FolderEnvironment:
        """Read the project in a folder; nothing is imported yet.

        Args:
            root: The folder with ``openenv.yaml``.

        Returns:
            The environment; its package has another name after its files have changed.

        Raises:
            ConfigurationError: The manifest cannot be read, or is broken.
        """
        project = Project.read(root)
        name = f"_openenv_{re.sub(r'[^a-z0-9]+', '_', project.manifest.name.lower())}_{_fingerprint(project)}"
        own_name = OwnName(name, project.package, project.package_dir)
        manifest = project.manifest
        return cls(manifest.name, project.package, manifest.version, project.package_dir, project, own_name)

    @property
    def manifest(self) -> Manifest:
        """Its ``openenv.yaml``."""
        return self.project.manifest

    @property
    def app(self) -> str:
        """Its application, as ``module:attribute``; see :attr:`Project.app`."""
        return self.project.app

    def _load(self, module: str) -> ModuleType:
        return self.own_name.import_module(module)


def _fingerprint(project: Project) -> str:
    """Tell folders apart, and what a folder holds now from what it held before."""
    digest = hashlib.sha256(str(project.root.resolve()).encode())
    for folder, inside, names in os.walk(project.package_dir):
        inside[:] = sorted(name for name in inside if not name.startswith((".", "__pycache__")))
        for path in sorted(Path(folder, name) for name in names if name.endswith(".py")):
            facts = path.stat()
            digest.update(f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode())
    return digest.hexdigest()[:_SHORT]
