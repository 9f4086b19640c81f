"""What is to be validated: a project on disk, a server by its URL, an image, or an environment's class."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
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

    @property
    def project(self) -> Path | None:
        """The folder of the project that it belongs to, if any."""
        try:
            return None if self._file is None else find_root(self._file)
        except ConfigurationError:
            return None

    @property
    def root(self) -> Path | None:
        """The folder that its author's own lines are in: its project, or where its file is, if it has one."""
        return self.project or (self._file and self._file.resolve().parent)

    @property
    def _file(self) -> Path | None:
        try:
            source = inspect.getsourcefile(self.environment)
        except TypeError:  # made in a place that has none
            return None
        return Path(source) if source is not None and Path(source).exists() else None

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
        return ClassTarget(_playable(target))
    if not isinstance(target, str):
        what = "a factory" if callable(target) else f"an instance of {type(target).__name__}"
        hint = "give the class itself: each session makes an environment of its own"
        raise ConfigurationError(f"expected an environment's class, a path or a URL, not {what}", hint=hint)
    elsewhere = read_elsewhere(target)
    if isinstance(elsewhere, UrlTarget):
        return UrlTarget(http_url(elsewhere.url))
    if isinstance(elsewhere, SpaceTarget):
        hint = f"openenv info {elsewhere} says at which URL it runs: that can be validated"
        raise ConfigurationError(f"{target}: no such file or folder, and a Space has no files here", hint=hint)
    return elsewhere or ProjectTarget(find_root(target))


def _playable(kind: type[Any]) -> type[Any]:
    missing = [name for name in ("reset", "step") if not hasattr(kind, name)]
    if missing:
        hint = "give a class that is derived from openenv.Environment"
        raise ConfigurationError(f"{kind.__name__} is no environment: it has no {' and no '.join(missing)}", hint=hint)
    return kind
