"""The project that a command is called for."""

from __future__ import annotations

from pathlib import Path

from openenv.errors import ConfigurationError
from openenv.project.manifest import ManifestError
from openenv.project.project import Project
from openenv_cli.errors import UsageError


def find_project(path: Path) -> Project:
    """Find a project.

    Args:
        path: Its folder, or one in it.

    Returns:
        The project.

    Raises:
        UsageError: There is none.
        ManifestError: Its ``openenv.yaml`` cannot be read.
    """
    try:
        return Project.find(path)
    except ManifestError:
        raise
    except ConfigurationError as error:
        raise UsageError(error.message, hint=error.hint) from None
