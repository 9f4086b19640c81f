"""Runs an environment's server in a container of its own."""

from __future__ import annotations

import http.client
import logging
import math
import os
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from openenv.engine import connect, far_address, resolve
from openenv.errors import ConfigurationError, ServerStartError
from openenv.providers.owner import Owner
from openenv.providers.pull import pull
from openenv.providers.refusals import explained
from openenv.providers.start_error import start_error

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.images import Image

logger = logging.getLogger("openenv.providers")

OWNER_LABEL = "org.openenv.owner"
"""The label of every container that is made here; says whose it is, as :class:`Owner` writes it."""

DEFAULT_PORT = 8000
"""Where a server listens in its container, unless the image exposes another port."""

_TAIL = 200
_PAUSE_S = 0.02
_ASK_S = 5.0
_READ_ONLY = "Read-only file system"
_LOOPBACK = "127.0.0.1"
_NEAR = {"0.0.0.0": _LOOPBACK, "::": "::1"}
"""Where a server that is published at every address is reached from its own machine."""
_LIKELY = "does the image run an OpenEnv server, at the port that it exposes? docker logs shows what it prints"


class DockerProvider:
    """Serves an image in a container, at a port that the engine chooses.

    The container is removed by :meth:`stop`, which may be called while :meth:`start` runs, when this object
    goes, and when this process exits. One whose process was killed is removed when another one is started on
    that engine.

    What runs in the container gets little: each restriction has a name, and can be loosened by it.

    Args:
        image: The image's name or id; pulled where it is not here.
        port: The port of the engine's machine to reach it at; a free one where left out.
        env_vars: Environment variables for the server.
        host: The address of the engine's machine to reach it at. Where left out, that is the loopback interface,
            or, for an engine on another machine, the address that the engine itself is reached at.
        container_port: Where the server listens in its container; where the image says so, or else 8000, where left
            out.
        memory: The most memory, swap included, for example ``512m``; ``None`` for any amount.
        cpus: The most processors at a time; ``None`` for all.
        pids: The most processes and threads; ``None`` for any number.
        read_only: Whether nothing but ``tmpfs`` can be written to.
        tmpfs: Folders in memory, which can be written to, with the options of each.
        capabilities: What of the system administrator's rights it keeps, as ``NET_BIND_SERVICE``.
        new_privileges: Whether a process may gain rights, by ``sudo`` for example.
        startup_timeout_s: How long it may take until it is healthy, in seconds.
        stop_timeout_s: How long it may take to stop before it is killed, in seconds.
    """

    def __init__(
        self,
        image: str,
        *,
        port: int | None = None,
        env_vars: Mapping[str, str] | None = None,
        host: str | None = None,
        container_port: int | None = None,
        memory: str | None = "2g",
        cpus: float | None = 1.0,
        pids: int | None = 512,
        read_only: bool = True,
        tmpfs: Mapping[str, str] | None = None,
        capabilities: Sequence[str] = (),
        new_privileges: bool = False,
        startup_timeout_s: float = 60.0,
        stop_timeout_s: float = 10.0,
    ) -> None:
        self.image = image
        self.port = port
        self.host = host
        self.container_port = container_port
        self.env_vars = dict(env_vars or {})
        self.startup_timeout_s = startup_timeout_s
        self.stop_timeout_s = stop_timeout_s
        self._restrictions = {
            "mem_limit": memory,
            "memswap_limit": memory,
            "nano_cpus": None if cpus is None else round(cpus * 1e9),
            "pids_limit": pids,
            "read_only": read_only,
            "tmpfs": {"/tmp": "size=256m"} if tmpfs is None else dict(tmpfs),
            "cap_drop": ["ALL"],
            "cap_add": list(capabilities),
            "security_opt": [] if new_privileges else ["no-new-privileges"],
        }
        self._server: _Server | None = None
        self._stop: weakref.finalize[..., DockerProvider] | None = None

    @property
    def container_id(self) -> str | None:
        """The id of the container; ``None`` where none runs."""
        return None if self._running is None else self._running.container().id

    @property
    def exit_code(self) -> int | None:
        """How the server ended by itself; ``None`` while it runs, or where none was started."""
        state = {} if self._running is None else self._running.container().attrs["State"]
        return None if state.get("Running", True) else int(state["ExitCode"])

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that the server printed; empty where none runs."""
        return () if self._running is None else tuple(self._running.log().splitlines())

    def start(self) -> str:
        """Start a container and wait until its server is healthy.

        Returns:
            Its base URL.

        Raises:
            EngineError: There is no container engine, or it refuses; its subclasses say more.
            ConfigurationError: The host is no address.
            ImageMissingError: There is no such image.
            PortTakenError: The port is taken.
            ServerStartError: The server ended, or was not healthy in time; the message has the end of its log.
                Or somebody has called :meth:`stop` meanwhile.
        """
        self.stop()
        self._server = server = _Server(self.image, self.host, self.port, self.container_port)
        self._stop = weakref.finalize(self, server.stop, self.stop_timeout_s)
        try:
            server.start(self.env_vars, self._restrictions)
            server.wait_until_healthy(self.startup_timeout_s)
        except BaseException:
            self.stop()
            server.stop(self.stop_timeout_s)  # what was made while somebody else has called stop()
            raise
        return server.base_url

    def follow(self) -> Iterator[str]:
        """Give the lines that the server prints, as they come, until it has ended."""
        if self._running is None:
            raise ConfigurationError(f"no container of {self.image} runs: start() it")
        return self._running.follow()

    def stop(self) -> None:
        """Stop the container and remove it; does nothing where none runs."""
        at_exit, server = self._stop, self._server
        if at_exit is not None and server is not None:
            server.stop(self.stop_timeout_s)
            at_exit.detach()  # not before: where this is interrupted, there is something left to do
            self._stop = None

    @property
    def _running(self) -> _Server | None:
        server = self._server
        return None if self._stop is None or server is None or not server.base_url else server


class _Server:
    """A container. Its name is known before it is made, so that it can be removed whatever happens then."""

    def __init__(self, image: str, host: str | None, port: int | None, inside: int | None) -> None:
        self.name = f"openenv-{token_hex(8)}"
        self.base_url = ""
        self._client: DockerClient | None = None
        self._image = image
        self._published = (host, port)
        self._inside = inside
        self._address = (_LOOPBACK, 0)
        self._was_healthy = False
        self._is_stopped = False
        self._process = os.getpid()

    def start(self, env_vars: Mapping[str, str], restrictions: Mapping[str, Any]) -> None:
        """Make the container and start it."""
        self._client = client = connect()
        far = far_address(client)
        host, port = resolve(self._published[0] or far or _LOOPBACK), self._published[1]
        with explained(self._image, port):
            sweep(client)
            image = self._find_image(client)
            inside = f"{self._inside}/tcp" if self._inside is not None else _port_of(image)
            self._refuse_if_stopped()
            container = client.containers.create(
                self._image,
                name=self.name,
                ports={inside: (host, port)},  # type: ignore[dict-item]  # without a port, the engine chooses
                # Its only clients are ours: nobody else's episode has to be waited for.
                environment={"PORT": inside.partition("/")[0], "OPENENV_DRAIN_TIMEOUT_S": "1", **env_vars},
                labels={OWNER_LABEL: str(Owner.here())},
                # No other process than the server's own has its variables: sandboxed code could read them there.
                healthcheck={"test": ["NONE"]},
                **restrictions,
            )
            self._refuse_if_stopped()
            container.start()
            container.reload()
            bindings = container.ports.get(inside)
        if not bindings:
            raise self._failure(_ended(container))
        address = far or _NEAR[host] if host in _NEAR else host
        self._address = (address, int(bindings[0]["HostPort"]))
        self.base_url = f"http://{f'[{address}]' if ':' in address else address}:{self._address[1]}"

    def wait_until_healthy(self, timeout_s: float) -> None:
        """Ask for its health until it has some; the engine's end of the port listens before the server does."""
        until = time.monotonic() + timeout_s
        while (problem := _ill(*self._address)) is not None:
            self._refuse_if_stopped()
            container = self.container()
            if container.status != "running":
                raise self._failure(_ended(container))
            if time.monotonic() > until:
                raise self._failure(f"was not healthy within {timeout_s:g} s: {problem}")
            time.sleep(_PAUSE_S)
        self._was_healthy = True

    def container(self) -> Container:
        """The container as it is now."""
        from docker.errors import NotFound

        assert self._client is not None, "it was started"
        with explained(self._image):
            try:
                return self._client.containers.get(self.name)
            except NotFound:
                self._refuse_if_stopped()
                raise

    def log(self, lines: int = _TAIL) -> str:
        """The last lines that it printed."""
        with explained(self._image):
            return self.container().logs(tail=lines).decode(errors="replace")

    def follow(self) -> Iterator[str]:
        """The lines that it prints, until it has ended."""
        rest = b""
        with explained(self._image):
            for chunk in self.container().logs(stream=True, follow=True):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace").rstrip() for line in lines)
        if rest:
            yield rest.decode(errors="replace")

    def stop(self, timeout_s: float) -> None:
        """End it, politely first where somebody can have played there, and remove it."""
        if os.getpid() != self._process:
            return  # a forked child that exits
        self._is_stopped = True
        if self._client is None:
            return
        with closing(self._client), explained(self._image), _unless_gone():
            try:
                self._client.api.stop(self.name, timeout=math.ceil(timeout_s) if self._was_healthy else 0)
            finally:  # at Ctrl-C too, and then at once
                self._client.api.remove_container(self.name, force=True, v=True)

    def _refuse_if_stopped(self) -> None:
        if self._is_stopped:
            raise ServerStartError(f"the container of {self._image} was stopped while it started")

    def _find_image(self, client: DockerClient) -> Image:
        from docker.errors import ImageNotFound

        try:
            return client.images.get(self._image)
        except ImageNotFound:
            return pull(client, self._image, self._refuse_if_stopped)

    def _failure(self, what: str) -> ServerStartError:
        log = self.log()
        hint = None
        if _READ_ONLY in log:
            hint = "read_only=False lets it write anywhere, tmpfs={'/folder': 'uid=1000'} into a folder in memory"
        elif "memory" in what:
            hint = "memory='4g' gives it more, memory=None any amount"
        return start_error(f"the container of {self._image} {what}", log, _LIKELY, hint=hint)


def sweep(client: DockerClient) -> None:
    """Remove the containers of processes that are gone.

    Args:
        client: The engine.
    """
    for found in client.containers.list(all=True, sparse=True, filters={"label": OWNER_LABEL}):
        owner = Owner.parse(found.attrs["Labels"][OWNER_LABEL])
        if owner is not None and owner.is_gone:
            logger.info("removing %s, whose process is gone", found.name)
            with _unless_gone():
                found.remove(force=True, v=True)


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Accept that somebody else has removed a container, or is about to."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        if error.status_code not in (http.client.NOT_FOUND, http.client.CONFLICT):
            raise


def _port_of(image: Image) -> str:
    """Where the server of an image listens: the port that the image exposes, if that is one."""
    exposed = [port for port in image.attrs["Config"].get("ExposedPorts") or () if port.endswith("/tcp")]
    return exposed[0] if len(exposed) == 1 else f"{DEFAULT_PORT}/tcp"


def _ill(host: str, port: int) -> str | None:
    """Say what is wrong with a server; ``None`` where it is healthy."""
    connection = http.client.HTTPConnection(host, port, timeout=_ASK_S)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"nothing answers at {host}:{port} ({type(error).__name__})"
    finally:
        connection.close()
    return None if status == http.client.OK else f"it says so itself (HTTP {status})"


def _ended(container: Container) -> str:
    state = container.attrs["State"]
    if state["OOMKilled"]:
        return "ran out of memory"
    return f"ended with exit status {state['ExitCode']}"
