"""What is to be validated: a project on disk, or a server by its URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from openenv.errors import ConfigurationError
from openenv.project.project import find_root

_ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}(?:/.*)?")


@dataclass(frozen=True)
class ProjectTarget:
    """A project; its server is started for the checks that need one.

    Attributes:
        root: The folder with ``openenv.yaml``.
    """

    root: Path

    def __str__(self) -> str:
        return str(self.root)


@dataclass(frozen=True)
class UrlTarget:
    """A server that somebody else runs.

    Attributes:
        url: Where it is.
    """

    url: str

    def __str__(self) -> str:
        return self.url


Target = ProjectTarget | UrlTarget


def read_target(text: str) -> Target:
    """Tell what a target is.

    Args:
        text: A path in a project, or an ``http`` or ``https`` URL.

    Returns:
        The target.

    Raises:
        ConfigurationError: It is neither.
    """
    if text.startswith("image:"):
        raise ConfigurationError(
            "images cannot be validated yet", hint="start the image, and give the URL where it listens"
        )
    if "://" not in text:
        if _ADDRESS.fullmatch(text) and not Path(text).exists():
            raise ConfigurationError(f"'{text}' is no folder; a server is named by its URL", hint=f"http://{text}")
        return ProjectTarget(find_root(text))
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(f"'{text}' is not the URL of a server", hint="for example http://127.0.0.1:8000")
    return UrlTarget(text.rstrip("/"))
