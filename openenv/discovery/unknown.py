"""What to say of a name that no installed environment has."""

from __future__ import annotations

import re
from pathlib import Path

from openenv.discovery.names import key_of, near
from openenv.errors import ConfigurationError
from openenv.project.manifest import MANIFEST_NAME

_GYMNASIUM_ID = re.compile(r"[\w:.-]+-v\d+")


def unknown_environment(name: str, installed: list[str]) -> ConfigurationError:
    """Make the error for a name where only an installed environment would do.

    Args:
        name: The name.
        installed: The names of all that are installed.

    Returns:
        The error; it names near ones.
    """
    alike = near(name, installed)
    found = next(iter(_near_projects(name, installed)), None)
    hint = f"{found} is a project: pip install -e {found} installs it" if found else _hint(name, installed)
    message = f"no installed environment is called {name!r}{_meant(alike)}"
    return ConfigurationError(message, {"installed": installed, "near": alike}, hint=hint)


def unknown_target(name: str, installed: list[str]) -> ConfigurationError:
    """Make the error for a name where a project's folder would do too; as :func:`unknown_environment`."""
    projects = _near_projects(name, installed)
    alike = [*near(name, installed), *projects]
    hint = f"give the project's folder, {projects[0]}" if projects else _hint(name, installed)
    message = f"no installed environment is called {name!r}, and there is no such folder here{_meant(alike)}"
    return ConfigurationError(message, {"installed": installed, "near": alike}, hint=hint)


def _meant(alike: list[str]) -> str:
    return f"; did you mean {' or '.join(alike)}?" if alike else ""


def _hint(name: str, installed: list[str]) -> str:
    if _GYMNASIUM_ID.fullmatch(name):
        init = f"openenv init --template gymnasium --env-id {name}"
        return f"gymnasium.make plays an environment of Gymnasium as it is; {init} makes a project of it"
    if installed:
        return f"installed are: {', '.join(installed)}"
    return "none is installed: pip install one, or give its URL"


def _near_projects(name: str, installed: list[str]) -> list[str]:
    """Find projects around the working directory that somebody may have meant and that are not installed."""
    here = Path.cwd()
    folders = {manifest.parent.name: f"./{manifest.parent.name}" for manifest in here.glob(f"*/{MANIFEST_NAME}")}
    around = next((folder for folder in (here, *here.parents) if (folder / MANIFEST_NAME).is_file()), None)
    if around is not None:
        folders[around.name] = str(around)
    have = {key_of(each) for each in installed}
    return [folders[each] for each in near(name, folders) if key_of(each) not in have]
