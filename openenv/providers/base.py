"""What a client asks of whatever runs a server for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, runtime_checkable

from openenv.errors import ConfigurationError


@runtime_checkable
class Provider(Protocol):
    """Runs one server. Both methods block; they are called from any thread.

    Once it has started, it may have ``headers``, which the server asks for of whoever speaks to it, and a
    ``revision``, which the server is made of.
    """

    def start(self) -> str:
        """Start the server and return its base URL once it is healthy; raises an ``OpenEnvError`` otherwise."""
        ...

    def stop(self) -> None:
        """Stop the server and leave nothing behind; does nothing where none runs.

        While :meth:`start` runs in another thread, it makes that fail soon.
        """
        ...


def as_provider(candidate: Any) -> Provider:
    """Take what a client was given as its provider.

    Args:
        candidate: A provider; a class or callable that makes one; or a deployed provider, with
            ``start_container`` and ``stop_container``, or with ``start``, ``stop`` and ``wait_for_ready``.

    Returns:
        A provider.

    Raises:
        ConfigurationError: It is none of these.
    """
    if isinstance(candidate, type):
        candidate = candidate()
    if hasattr(candidate, "start_container"):
        return DeployedProvider(candidate.start_container, candidate.stop_container, candidate)
    if isinstance(candidate, Provider):
        if hasattr(candidate, "wait_for_ready"):
            return DeployedProvider(candidate.start, candidate.stop, candidate)
        return candidate
    if callable(candidate):
        return as_provider(candidate())
    raise ConfigurationError(
        f"{type(candidate).__name__} is not a provider", hint="a provider has start() -> base_url and stop()"
    )


def image_provider(image: str, candidate: Any, options: Mapping[str, Any]) -> Provider:
    """Make a provider that runs an image.

    Args:
        image: The image's name or id.
        candidate: A class or callable that makes one from the image and the options; a deployed provider, or its
            class, with ``start_container``; ``None`` for a container of the local engine.
        options: What else it takes.

    Returns:
        A provider.

    Raises:
        ConfigurationError: It is none of these.
    """
    if candidate is None:
        from openenv.providers.docker import DockerProvider

        return DockerProvider(image, **options)
    if hasattr(candidate, "start_container"):
        owner = candidate() if isinstance(candidate, type) else candidate
        return DeployedProvider(partial(owner.start_container, image, **options), owner.stop_container, owner)
    if callable(candidate):
        return as_provider(candidate(image, **options))
    raise ConfigurationError(
        f"{type(candidate).__name__} does not run images",
        hint="give a class or callable that takes the image; a provider that is made already goes to the client itself",
    )


class DeployedProvider:
    """Makes a provider of existing packages one of ours.

    Args:
        start: Starts it and returns its base URL.
        stop: Stops it.
        owner: What has ``wait_for_ready``.
    """

    def __init__(self, start: Callable[[], Any], stop: Callable[[], Any], owner: Any) -> None:
        self._start = start
        self._stop = stop
        self._owner = owner

    def start(self) -> str:
        """Start it and wait until it is ready."""
        base_url = str(self._start())
        wait = getattr(self._owner, "wait_for_ready", None)
        if wait is not None:
            wait(base_url) if hasattr(self._owner, "start_container") else wait()
        return base_url

    def stop(self) -> None:
        """Stop it."""
        self._stop()


class SharedProvider:
    """One server for several clients: the first one starts it, the last one stops it.

    Args:
        provider: What runs it.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._users = 0
        self._base_url = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """What the server asks for of whoever speaks to it."""
        return getattr(self._provider, "headers", {})

    @property
    def revision(self) -> str | None:
        """What the server is made of."""
        return getattr(self._provider, "revision", None)

    def start(self) -> str:
        """Start the server, unless it runs."""
        with self._lock:
            if not self._users:
                self._base_url = self._provider.start()
            self._users += 1
            return self._base_url

    def stop(self) -> None:
        """Stop the server, unless another client uses it."""
        if not self._users:
            self._provider.stop()  # whoever starts it now holds the lock
            return
        with self._lock:
            self._users -= 1
            if not self._users:
                self._provider.stop()
