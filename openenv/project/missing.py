"""What would do where code of an environment imports a module that is not there."""

from __future__ import annotations

import shlex
from pathlib import Path

from openenv.project.manifest import MANIFEST_NAME
from openenv.project.pyproject import PYPROJECT_NAME


def install_hint(module: str, package: str, folder: Path) -> str | None:
    """Say how to come by a module.

    Args:
        module: What was not found.
        package: The environment's own package.
        folder: Where that is, or its project.

    Returns:
        What to do; ``None`` for a module of the package itself, which nobody can install.
    """
    if module.partition(".")[0] == package:
        return None
    project = next((place for place in (folder, folder.parent) if (place / MANIFEST_NAME).is_file()), None)
    if project is None or not (project / PYPROJECT_NAME).is_file():
        return f"install what has the module {module}"
    install = f"pip install -e {shlex.quote(str(project))}"
    return f"list the package with {module} in {PYPROJECT_NAME}, and install what that lists: {install}"
