"""What an environment is: from its class, its project's manifest and README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from openenv.environment import Environment
from openenv.errors import ConfigurationError
from openenv.protocol.faults import error_from_wire
from openenv.protocol.frames import Request
from openenv.sessions.blueprint import traits_of
from openenv.sessions.service import SessionService
from openenv.types import EnvironmentMetadata


async def describe(service: SessionService, readme: str | None) -> EnvironmentMetadata:
    """Say what an environment is.

    ``get_metadata`` has the first word where the class overrides it; what it leaves out comes from
    the project that the class belongs to.

    Args:
        service: What makes the environment, where it has to be asked.
        readme: Its README, where the app was given one.

    Returns:
        Its metadata.

    Raises:
        OpenEnvError: It was asked, and failed to answer.
    """
    kind = service.blueprint.environment_type
    found = {} if kind is None else _of_project(kind)
    if readme is not None:
        found["readme_content"] = readme
    if kind is None or getattr(kind, "get_metadata", None) not in (None, Environment.get_metadata):
        said = await _asked(service)
        missing = {name: value for name, value in found.items() if getattr(said, name) is None}
        return said.model_copy(update=missing)
    return EnvironmentMetadata(
        name=found.get("name") or kind.__name__,
        description=found.get("description") or _summary(kind),
        version=found.get("version"),
        readme_content=found.get("readme_content"),
        seedable=traits_of(kind).seedable,
    )


async def _asked(service: SessionService) -> EnvironmentMetadata:
    """Make an environment, where it would live otherwise too, and ask it."""
    reply = await service.throw_away.play(Request("metadata"), verbose=False)
    if reply.kind == "error":
        raise error_from_wire(from_json(reply.body))
    return EnvironmentMetadata.model_validate_json(reply.body)


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
