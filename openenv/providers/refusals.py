"""What a container engine refuses when it is to run an image, as errors of this package.

::

    ConnectError
    ├── EngineError             the engine cannot be used, or refused for a reason of its own
    │   └── EngineFullError     its disk is full
    ├── ImageMissingError       there is no such image, neither here nor in its registry
    └── PortTakenError          the port that was asked for is taken
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openenv.engine import EngineError
from openenv.errors import ConnectError

_FULL = "no space left on device"
_NO_ADDRESS = "cannot assign requested address"
_NO_COMMAND = "No command specified"
_TAKEN = ("port is already allocated", "address already in use")


class EngineFullError(EngineError):
    """The disk of the container engine is full."""

    advice = "docker system df shows what takes the space, and docker system prune frees some"


class ImageMissingError(ConnectError):
    """There is no such image, neither here nor in its registry; ``data["image"]`` is its name."""

    advice = "openenv build makes an image of a project, and docker images lists those that are here"


class PortTakenError(ConnectError):
    """The port that a container was to be reached at is taken; ``data["port"]`` says which."""

    advice = "leave the port out, and a free one is taken"


@contextmanager
def explained(image: str, port: int | None = None) -> Iterator[None]:
    """Raise what the Docker SDK raises in the block as errors of this package.

    Args:
        image: The image that the block is about.
        port: The port of this machine that was asked for, if any.

    Raises:
        EngineError: The engine refused, or answers no more.
        PortTakenError: The port is taken.
    """
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except APIError as error:
        raise _refusal(image, port, error.explanation or str(error)) from error
    except (DockerException, RequestException) as error:
        hint = "is it running still? docker info says so"
        raise EngineError(f"the container engine did not answer: {error}", {"image": image}, hint=hint) from error


@contextmanager
def pulling(image: str) -> Iterator[None]:
    """Raise what the engine says where it cannot pull an image as :class:`ImageMissingError`."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        reason = error.explanation or str(error)
        if _FULL in reason:
            raise
        message = f"there is no image {image} here, and it cannot be pulled: {reason}"
        raise ImageMissingError(message, {"image": image, "reason": reason}) from error


def _refusal(image: str, port: int | None, reason: str) -> ConnectError:
    data = {"image": image, "reason": reason}
    if _FULL in reason:
        return EngineFullError(f"the disk of the container engine is full: {reason}", data)
    if any(words in reason for words in _TAKEN):
        return PortTakenError(f"port {port} is taken: {reason}", {**data, "port": port})
    if _NO_ADDRESS in reason:
        hint = "host='0.0.0.0' takes every address of the engine's machine"
        return EngineError(f"the engine's machine lacks the address that was asked for: {reason}", data, hint=hint)
    if _NO_COMMAND in reason:
        return EngineError(f"{image} runs nothing: {reason}", data, hint="CMD in its Dockerfile says what it runs")
    hint = "each limit of DockerProvider can be changed by its name"
    return EngineError(f"the container engine does not run {image}: {reason}", data, hint=hint)
