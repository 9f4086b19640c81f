"""Pushes an image to its registry, where every failure is an error: the SDK itself raises none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from openenv_cli.errors import CommandError, MissingError
from openenv_cli.images.build import until_it_ends
from openenv_cli.images.progress import Output, read_layer

if TYPE_CHECKING:
    from docker import DockerClient

_REFUSED = ("unauthorized", "denied", "authentication required", "no basic auth credentials")
_UNREACHABLE = ("dial tcp", "connection refused", "no such host", "timeout", "i/o timeout")


class PushError(CommandError):
    """The registry did not take the image."""


class RegistryError(MissingError):
    """The registry is not there, or does not know who asks."""


def push(client: DockerClient, tag: str, on_event: Callable[[Output], None]) -> str:
    """Push an image.

    Args:
        client: The engine.
        tag: What it is called, with its registry.
        on_event: Told what becomes of each layer.

    Returns:
        The digest that the registry knows it by.

    Raises:
        RegistryError: The registry is not there, or asks for a login.
        PushError: It did not take the image.
    """
    repository, _, name = tag.rpartition(":")
    stream = client.api.push(repository, name, stream=True, decode=True)
    return read_digest(tag, until_it_ends(stream), on_event)


def read_digest(tag: str, stream: Iterable[dict[str, Any]], on_event: Callable[[Output], None]) -> str:
    """Read what the engine says while it pushes. Pure.

    Args:
        tag: What is pushed.
        stream: The decoded entries of the engine's stream.
        on_event: Told what becomes of each layer.

    Returns:
        The digest.

    Raises:
        RegistryError: The registry is not there, or asks for a login.
        PushError: It did not take the image.
    """
    digest = None
    for entry in stream:
        if "error" in entry:
            raise _push_error(tag, str(entry["error"]))
        digest = entry.get("aux", {}).get("Digest", digest)
        for event in read_layer(entry):
            on_event(event)
    if digest is None:
        raise PushError(f"{tag}: the engine hung up before it was pushed", hint="push again")
    return str(digest)


def _push_error(tag: str, reason: str) -> CommandError:
    registry = tag.partition("/")[0]
    if any(words in reason.lower() for words in _REFUSED):
        return RegistryError(f"{tag} is refused: {reason}", hint=f"docker login {registry}")
    if any(words in reason.lower() for words in _UNREACHABLE):
        return RegistryError(f"{tag}: the registry does not answer: {reason}", hint="-t REGISTRY/NAME:TAG names it")
    return PushError(f"{tag} was not pushed: {reason}")
