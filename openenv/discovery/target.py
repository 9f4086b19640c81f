"""What can be played: a server, an image, a Space, a project, an installed environment, a client, or a class."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from openenv.client.address import websocket_url, without_credentials
from openenv.client.client import EnvClient
from openenv.discovery.packages import InstalledEnvironment, find_environment
from openenv.discovery.unknown import unknown_target
from openenv.errors import ConfigurationError
from openenv.hub.repo_id import RepoId, RepoIdError
from openenv.project.project import find_root

if TYPE_CHECKING:
    from openenv.providers.process import ProcessProvider

ClientT = TypeVar("ClientT", bound=EnvClient[Any, Any, Any])

IMAGE_PREFIX = "image:"
"""What stands before an image's name where it could be something else."""

_PAGE = re.compile(r"/spaces/([^/?#]+/[^/?#]+)(?:/(?:tree|blob|raw|resolve|commits?)/([^/?#]+))?(?:[/?#].*)?")
_SITES = ("https://huggingface.co", "http://huggingface.co", "https://hf.co", "http://hf.co")
"""Where Spaces have their pages, and which path there is one; some show a revision."""

_NEWEST = "main"
"""The branch that a Space without a revision stands for."""

_PATH = re.compile(r"[.~]{0,2}[/\\]|.*\\|[A-Za-z]:")
"""What only a path begins with, on any system."""

_NAMES = "a URL, image: and an image's name, a Space as owner/name, a project's folder, an installed environment's name"
"""What a text can be, for whoever gave something else."""

_ADDRESS = re.compile(r"(?:[^/@\s]*@)?(?:[\w.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}(?:/.*)?")


@dataclass(frozen=True)
class UrlTarget:
    """A server that somebody else runs.

    Attributes:
        url: Where it is, with its scheme.
    """

    url: str

    def __str__(self) -> str:
        return without_credentials(self.url)

    def client(self, kind: type[ClientT], **options: Any) -> ClientT:
        """Make a client of this class, with these arguments."""
        return kind(base_url=self.url, **options)


@dataclass(frozen=True)
class ImageTarget:
    """An image; a container of it is started, and stopped in the end.

    Attributes:
        image: Its name or id.
    """

    image: str

    def __str__(self) -> str:
        return f"{IMAGE_PREFIX}{self.image}"

    def client(self, kind: type[ClientT], **options: Any) -> ClientT:
        """Make a client of this class, with these arguments and options of the provider."""
        return kind.from_docker_image(self.image, **options)


@dataclass(frozen=True)
class SpaceTarget:
    """A Space of the Hub; a container of its image is started, and stopped in the end.

    Attributes:
        repo_id: What it is called.
    """

    repo_id: RepoId

    def __str__(self) -> str:
        return str(self.repo_id)

    def client(self, kind: type[ClientT], **options: Any) -> ClientT:
        """Make a client of this class, with these arguments and options of :meth:`EnvClient.from_hub`."""
        return kind.from_hub(str(self.repo_id), **options)


@dataclass(frozen=True)
class ProjectTarget:
    """A project; its server is started, and stopped in the end.

    Attributes:
        root: The folder with ``openenv.yaml``.
    """

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def provider(self, env_vars: Mapping[str, str] | None = None) -> ProcessProvider:
        """Make what starts its server, with these environment variables."""
        from openenv.providers.process import ProcessProvider

        return ProcessProvider.for_project(self.root, env_vars=env_vars)

    def client(self, kind: type[ClientT], *, env_vars: Mapping[str, str] | None = None, **options: Any) -> ClientT:
        """Make a client of this class, with these arguments, and these environment variables for the server."""
        return kind(provider=self.provider(env_vars), **options)


@dataclass(frozen=True)
class InstalledTarget:
    """An environment that is installed here; its server is started, and stopped in the end.

    Attributes:
        environment: Its package.
    """

    environment: InstalledEnvironment

    def __str__(self) -> str:
        return self.environment.name

    def provider(self, env_vars: Mapping[str, str] | None = None) -> ProcessProvider:
        """Make what starts its server, with these environment variables."""
        from openenv.providers.process import ProcessProvider

        return ProcessProvider(self.environment.app, env_vars=env_vars)

    def client(self, kind: type[ClientT], *, env_vars: Mapping[str, str] | None = None, **options: Any) -> ClientT:
        """Make a client of this class, with these arguments, and these environment variables for the server."""
        return kind(provider=self.provider(env_vars), **options)


Served = UrlTarget | ImageTarget | SpaceTarget | ProjectTarget | InstalledTarget
"""What a client is made of."""

Target = Served | EnvClient[Any, Any, Any] | type[Any]
"""What can be played: what a client is made of, a client, or an environment's class."""


def read_target(target: Any) -> Target:
    """Tell what a target is.

    Args:
        target: The URL of a server, or its host and port; ``image:`` and an image's name; a Space, as ``owner/name``
            or by its page; a folder of a project, or a file in it; the name of an installed environment; a client;
            or an environment's class.

    Returns:
        The target. Nothing is imported, started or connected.

    Raises:
        ConfigurationError: It is none of these.
    """
    if isinstance(target, EnvClient) or _is_environment(target):
        return target  # type: ignore[no-any-return]
    if isinstance(target, os.PathLike):
        return ProjectTarget(find_root(Path(target)))
    if not isinstance(target, str):
        raise ConfigurationError(
            f"{target!r} is nothing that can be played",
            hint=f"give {_NAMES}, a client, or an environment's class",
        )
    elsewhere = read_elsewhere(target)
    if elsewhere is not None:
        return elsewhere
    if is_path(target) or Path(target).is_dir():
        return ProjectTarget(find_root(target))
    return InstalledTarget(find_environment(target, unknown_target))


def read_elsewhere(text: str) -> UrlTarget | ImageTarget | SpaceTarget | None:
    """Tell whether a text names a server, an image or a Space.

    Args:
        text: The text; ``games/chess`` is a Space, unless there is a file or folder of that name here.

    Returns:
        The server, the image or the Space; ``None`` where it names none of them.

    Raises:
        ConfigurationError: It has the form of one of them, but is none; or it is no text.
    """
    _require_text(text)
    if _on_page(text) is not None:
        return read_space(text)
    server = read_server(text)
    if server is not None:
        return server
    if text.count("/") != 1 or text.endswith("/") or _PATH.match(text) or Path(text).exists():
        return None
    try:
        return read_space(text)
    except RepoIdError as error:
        message = f"there is no file or folder {text}, and no Space can be called that: {error.message}"
        raise RepoIdError(message, error.data, hint=error.hint) from None


def read_space(text: str) -> SpaceTarget:
    """Read the name of a Space, ``owner/name``, or the address of a page of it.

    Raises:
        RepoIdError: It is neither, or the page shows another revision than the newest.
        ConfigurationError: It is no text.
    """
    _require_text(text)
    return SpaceTarget(RepoId.parse(_on_page(text) or text))


def _require_text(text: Any) -> None:
    if not isinstance(text, str):
        raise ConfigurationError(f"{text!r} is no text, so it names no environment", hint=f"give as text {_NAMES}")


def _on_page(text: str) -> str | None:
    """Name the Space that a page shows, on the Hub's site or on the one in its place here."""
    for site in (*_SITES, os.environ.get("HF_ENDPOINT", "").rstrip("/")):
        if site and text.startswith(site) and (page := _PAGE.fullmatch(text, len(site))):
            revision = unquote(page[2] or _NEWEST)
            if revision != _NEWEST:
                hint = f"give {page[1]}, and in Python revision={revision!r}"
                raise RepoIdError(f"{text} shows the revision {revision}", {"given": text}, hint=hint)
            return page[1]
    return None


def is_path(text: str) -> bool:
    """Whether a text is the path of something, rather than a name."""
    return "/" in text or _PATH.match(text) is not None


def read_server(text: str) -> UrlTarget | ImageTarget | None:
    """Tell whether a text names a server or an image.

    Args:
        text: The text; ``localhost:8000`` is a server unless there is a file of that name.

    Returns:
        The server or the image; ``None`` where it names neither.

    Raises:
        ConfigurationError: It has the form of an address or of an image, but is none.
    """
    if text.startswith(IMAGE_PREFIX):
        image = text.removeprefix(IMAGE_PREFIX)
        if not image:
            raise ConfigurationError(f"'{text}' names no image", hint=f"for example {IMAGE_PREFIX}my-env:latest")
        return ImageTarget(image)
    if "://" not in text:
        if not _ADDRESS.fullmatch(text) or Path(text).exists():
            return None
        text = f"http://{text}"
    websocket_url(text)  # raises where it is no address
    return UrlTarget(text.rstrip("/"))


def _is_environment(target: Any) -> bool:
    return isinstance(target, type) and not issubclass(target, EnvClient) and hasattr(target, "reset")
