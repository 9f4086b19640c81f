"""What is to be validated: a project on disk, a server by its URL, or an image."""

from __future__ import annotations

from openenv.client.address import http_url
from openenv.discovery.target import ImageTarget, ProjectTarget, UrlTarget, read_server
from openenv.project.project import find_root

Target = ProjectTarget | UrlTarget | ImageTarget


def read_target(text: str) -> Target:
    """Tell what a target is. A name is that of a folder: what is installed is no project any more.

    Args:
        text: A path in a project; the URL of a server, or its host and port; or ``image:`` and an image's name.

    Returns:
        The target; a URL is that of the server's HTTP routes.

    Raises:
        ConfigurationError: It is none of these.
    """
    elsewhere = read_server(text)
    if isinstance(elsewhere, UrlTarget):
        return UrlTarget(http_url(elsewhere.url))
    return elsewhere or ProjectTarget(find_root(text))
