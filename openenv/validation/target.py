"""What is to be validated: a project on disk, a server by its URL, an image, or an environment's class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openenv.client.address import http_url
from openenv.discovery.target import ImageTarget, ProjectTarget, SpaceTarget, UrlTarget, read_elsewhere
from openenv.errors import ConfigurationError
from openenv.project.project import find_root


@dataclass(frozen=True)
class ClassTarget:
    """An environment that is played in this process, without a server.

    Attributes:
        environment: Its class.
    """

    environment: type[Any]

    def __str__(self) -> str:
        return f"{self.environment.__module__}.{self.environment.__qualname__}"


Target = ProjectTarget | UrlTarget | ImageTarget | ClassTarget


def read_target(target: str | type[Any]) -> Target:
    """Tell what a target is. A name is that of a folder: what is installed is no project any more.

    Args:
        target: A path in a project; the URL of a server, or its host and port; ``image:`` and an image's name; or
            an environment's class.

    Returns:
        The target; a URL is that of the server's HTTP routes.

    Raises:
        ConfigurationError: It is none of these.
    """
    if isinstance(target, type):
        return ClassTarget(target)
    elsewhere = read_elsewhere(target)
    if isinstance(elsewhere, UrlTarget):
        return UrlTarget(http_url(elsewhere.url))
    if isinstance(elsewhere, SpaceTarget):
        hint = f"openenv info {elsewhere} says at which URL it runs: that can be validated"
        raise ConfigurationError(f"{target}: no such file or folder, and a Space has no files here", hint=hint)
    return elsewhere or ProjectTarget(find_root(target))
