"""The container engine of this machine, by way of the Docker SDK, which is imported when it is first needed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from openenv.errors import ConnectError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.tls import TLSConfig


_UNIX = "unix://"


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

    host = None
    try:
        if "DOCKER_HOST" in os.environ:
            host = os.environ["DOCKER_HOST"]
            _knock(host)
            return DockerClient.from_env()
        host, tls = _current_context()
        _knock(host)
        return DockerClient(base_url=host, tls=tls)
    except (DockerException, OSError) as error:
        raise _engine_error(host or "the engine", error) from None


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
