"""Pulls an image from its registry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from openenv.providers.refusals import pulling

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

logger = logging.getLogger("openenv.providers")


def pull(client: DockerClient, image: str, check: Callable[[], None], login: dict[str, str] | None = None) -> Image:
    """Pull an image, or find that the newest one is here.

    Args:
        client: The engine.
        image: Its name.
        check: Raises where nobody waits any longer; called again and again.
        login: The ``username`` and ``password`` for its registry; what ``docker login`` has kept where left out.

    Returns:
        The image.

    Raises:
        ImageMissingError: It cannot be pulled.
    """
    from docker.errors import APIError
    from docker.utils import parse_repository_tag

    logger.info("pulling %s", image)
    with pulling(image):
        repository, tag = parse_repository_tag(image)
        for event in client.api.pull(repository, tag=tag or "latest", auth_config=login, stream=True, decode=True):
            check()
            if "error" in event:
                raise APIError(event["error"])
        return client.images.get(image)
