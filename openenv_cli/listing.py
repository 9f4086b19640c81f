"""Environments that were found on this machine and on the Hub, as rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openenv.discovery.packages import InstalledEnvironment
from openenv.errors import ConfigurationError
from openenv.hub.search import FoundSpace
from openenv.project.manifest import MANIFEST_NAME, Manifest, parse_manifest
from openenv.project.project import read_text

Row = tuple[str, str, str]
"""What to give to other commands, the version or how it is doing, and what it is."""


@dataclass(frozen=True)
class Found:
    """An environment on this machine.

    Attributes:
        name: What it is called; its folder where its manifest cannot be read.
        version: Its version, where it says.
        description: What an agent does there, where it says.
        folder: Where it is.
        problem: What is wrong with its manifest, if anything.
    """

    name: str
    version: str | None
    description: str | None
    folder: str
    problem: str | None = None


def package_found(environment: InstalledEnvironment) -> Found:
    """Describe an environment that is installed; nothing of it is imported."""

    def read() -> Found:
        description = environment.description
        return Found(environment.name, environment.version, description, str(environment.folder))

    return _or_problem(read, environment.name, environment.folder)


def project_found(root: Path) -> Found:
    """Describe the project in a folder; nothing of it is imported."""

    def read() -> Found:
        manifest: Manifest = parse_manifest(read_text(root / MANIFEST_NAME))
        return Found(manifest.name, manifest.version, manifest.description, str(root))

    return _or_problem(read, root.name, root)


def package_row(found: Found) -> Row:
    """Lay out an environment that is installed."""
    return found.name, found.version or "", found.problem or found.description or ""


def project_row(found: Found, here: Path) -> Row:
    """Lay out a project, by the way to its folder."""
    place = Path(found.folder).relative_to(here)
    return f"./{place}" if place.parts else ".", found.version or "", found.problem or found.description or ""


def space_row(space: FoundSpace) -> Row:
    """Lay out a Space."""
    stage = f"{space.stage or 'unknown'}{', private' if space.private else ''}".lower()
    return space.repo_id, stage, space.description or ""


def _or_problem(read: Callable[[], Found], name: str, folder: Path) -> Found:
    try:
        return read()
    except ConfigurationError as error:
        return Found(name, None, None, str(folder), error.message)
