"""A client's server, at work for as long as something is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openenv.client.client import EnvClient


@contextmanager
def started(client: EnvClient[Any, Any, Any]) -> Iterator[str]:
    """Have the server of a client run that was never used, without taking a session of it.

    Args:
        client: The client; its provider, where it has one, is started, and stopped again.

    Yields:
        Where the server is.

    Raises:
        ConnectError: The server does not start.
    """
    recipe = client._session.recipe
    if recipe.provider is None:
        assert recipe.base_url is not None, "a client has an address or a provider"
        yield recipe.base_url
        return
    try:
        yield recipe.provider.start()
    finally:
        recipe.provider.stop()
