"""The container engine of this machine, by way of the Docker SDK, which is imported when it is first needed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openenv.errors import ConfigurationError, ConnectError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.tls import TLSConfig


_UNIX = "unix://"
_FAR = ("http", "https")
"""What the SDK makes of ``tcp://``; sockets and pipes have schemes of its own."""


class EngineError(ConnectError):
    """The container engine cannot be used; ``data["host"]`` is where it was looked for."""


class EngineMissingError(EngineError):
    """No container engine answers."""


class EngineForbiddenError(EngineError):
    """The container engine's socket may not be used by this user."""


def connect() -> DockerClient:
    """Connect to the container engine that ``DOCKER_HOST`` or the current Docker context names.

    Returns:
        A client of the Docker SDK, to be closed; the engine has answered it.

    Raises:
        EngineMissingError: No engine answers.
        EngineForbiddenError: Its socket may not be used.
        EngineError: It cannot be reached for another reason: a bad address, a certificate that does not fit.
    """
    from docker import DockerClient
    from docker.errors import DockerException

    host = os.environ.get("DOCKER_HOST")
    try:
        if host:
            _knock(host)
            return DockerClient.from_env()
        host, tls = _current_context()
        _knock(host)
        return DockerClient(base_url=host, tls=tls)
    except (DockerException, OSError) as error:
        raise _engine_error(host or "the engine", error) from None


def far_address(client: DockerClient) -> str | None:
    """Find where an engine is.

    Args:
        client: The engine.

    Returns:
        The IP address of its machine; ``None`` for one that is reached on this machine.
    """
    engine = urlsplit(client.api.base_url)
    if engine.scheme not in _FAR or engine.hostname is None:
        return None
    address = resolve(engine.hostname)
    return None if ip_address(address).is_loopback else address


def resolve(host: str) -> str:
    """Find the IP address of a host, which is what engines take: another word means every address to them.

    Args:
        host: Its name or address.

    Returns:
        Its address, of IPv4 where it has both.

    Raises:
        ConfigurationError: It has none.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise ConfigurationError(f"'{host}' is not an address", hint="127.0.0.1, or 0.0.0.0 for every one") from None
    return str(min(found, key=lambda entry: entry[0] != socket.AF_INET)[4][0])


def _current_context() -> tuple[str, TLSConfig | bool]:
    """Read what ``docker context use`` has chosen, as Colima, Docker Desktop and rootless engines do."""
    from docker.context import ContextAPI

    context = ContextAPI.get_current_context()
    return context.Host or "", context.TLSConfig or False


def _knock(host: str) -> None:
    """Connect to a Unix socket and hang up: where that fails, the SDK would leave a socket of its own open."""
    if host.startswith(_UNIX):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(host.removeprefix(_UNIX))


def _engine_error(host: str, error: Exception) -> EngineError:
    data = {"host": host}
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        hint = "add yourself to the socket's group (sudo usermod -aG docker $USER, then log in again)"
        return EngineForbiddenError(f"this user may not use the container engine at {host}", data, hint=hint)
    if any(isinstance(cause, (FileNotFoundError, ConnectionRefusedError)) for cause in causes):
        hint = "start Docker, or point DOCKER_HOST at an engine"
        return EngineMissingError(f"no container engine answers at {host}", data, hint=hint)
    hint = "DOCKER_HOST and the current docker context say where the engine is"
    return EngineError(f"the container engine at {host} cannot be used: {error}", data, hint=hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through everything that led to an error; the SDK wraps the system's errors several times."""
    pending: list[object] = [error]
    while pending:
        one = pending.pop()
        if isinstance(one, BaseException):
            yield one
            pending += [*one.args, one.__cause__ or one.__context__]
