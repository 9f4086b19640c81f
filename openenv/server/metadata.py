"""What an environment is: from its class, its project's manifest and README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from openenv.environment import Environment
from openenv.errors import ConfigurationError
from openenv.sessions.blueprint import Blueprint, traits_of
from openenv.types import EnvironmentMetadata


def describe(blueprint: Blueprint, readme: str | None) -> EnvironmentMetadata:
    """Say what an environment is.

    ``get_metadata`` has the first word where the class overrides it; what it leaves out comes from
    the project that the class belongs to.

    Args:
        blueprint: The environment.
        readme: Its README, where the app was given one.

    Returns:
        Its metadata.
    """
    kind = blueprint.environment_type
    own = getattr(kind, "get_metadata", None)
    if kind is None or own not in (None, Environment.get_metadata):
        return _asked(blueprint, readme)
    found = _of_project(kind)
    return EnvironmentMetadata(
        name=found.get("name") or kind.__name__,
        description=found.get("description") or _summary(kind),
        version=found.get("version"),
        readme_content=readme or found.get("readme_content"),
        seedable=traits_of(kind).seedable,
    )


def _asked(blueprint: Blueprint, readme: str | None) -> EnvironmentMetadata:
    """Make an environment to ask it."""
    environment = blueprint.factory()
    try:
        metadata: EnvironmentMetadata = environment.get_metadata()
    finally:
        environment.close()
    found = {"readme_content": readme, **_of_project(type(environment))}
    missing = {name: found.get(name) for name in ("version", "readme_content") if getattr(metadata, name) is None}
    seedable = traits_of(environment.__class__).seedable
    return metadata.model_copy(update={**missing, "seedable": seedable})


def _of_project(kind: type[Any]) -> dict[str, str | None]:
    """What the manifest and the README beside it say; nothing for a class that belongs to no project."""
    from openenv.project.project import Project

    source = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if source is None:
        return {}
    try:
        project = Project.find(source)
    except ConfigurationError:
        return {}
    readme = Path(project.root, "README.md")
    return {
        "name": project.manifest.name,
        "description": project.manifest.description,
        "version": project.manifest.version,
        "readme_content": readme.read_text(encoding="utf-8") if readme.is_file() else None,
    }


def _summary(kind: type[Any]) -> str:
    """The first line of the class's docstring."""
    lines = (kind.__doc__ or "").strip().splitlines()
    return lines[0] if lines else f"{kind.__name__} environment"
