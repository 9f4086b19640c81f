"""What is to be validated: a project on disk, a server by its URL, or an image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from openenv.errors import ConfigurationError
from openenv.project.project import find_root

IMAGE_PREFIX = "image:"
"""What stands before an image's name where it could be something else."""

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


@dataclass(frozen=True)
class ImageTarget:
    """An image; a container of it is started, and stopped in the end.

    Attributes:
        image: Its name or id.
    """

    image: str

    def __str__(self) -> str:
        return f"{IMAGE_PREFIX}{self.image}"


Target = ProjectTarget | UrlTarget | ImageTarget


def read_target(text: str) -> Target:
    """Tell what a target is.

    Args:
        text: A path in a project, an ``http`` or ``https`` URL, or ``image:`` and an image's name.

    Returns:
        The target.

    Raises:
        ConfigurationError: It is none of these.
    """
    if text.startswith(IMAGE_PREFIX):
        return ImageTarget(image_name(text))
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


def image_name(text: str) -> str:
    """Read the name of an image that stands after ``image:``; raises ``ConfigurationError`` where none does."""
    name = text.removeprefix(IMAGE_PREFIX)
    if not name:
        raise ConfigurationError(f"'{text}' names no image", hint=f"for example {IMAGE_PREFIX}my-env:latest")
    return name
