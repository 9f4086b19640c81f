"""Runs a project's image on this machine."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future, wait
from urllib.parse import urlsplit

from openenv.project.project import Project
from openenv.providers.docker import DockerProvider
from openenv.providers.refusals import PortTakenError
from openenv.server.settings import ServerSettings
from openenv_cli import console, ports, serving
from openenv_cli.errors import CommandError
from openenv_cli.images.tags import default_tags

_GRACE_S = 10.0
_HERE = ("127.0.0.1", "localhost")


def serve(project: Project, host: str, port: int) -> None:
    """Serve a project's image in a container, until a signal stops it.

    Args:
        project: The project.
        host: The address to serve at; the loopback interface stands for that of the engine's machine.
        port: The port to serve at; 0 takes a free one.

    Raises:
        MissingError: The port is taken.
        ConnectError: There is no engine or no image, or it does not start.
        CommandError: It has ended by itself.
    """
    settings = ServerSettings().with_environment()
    image = project.manifest.default_image or default_tags(project.manifest)[0]
    published = None if host in _HERE else host
    provider = DockerProvider(
        image,
        host=published,
        port=port or None,
        env_vars=_operators_variables(settings),
        stop_timeout_s=settings.drain_timeout_s + _GRACE_S,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        url = _start(provider, host, port)
        if settings.api_key is None:
            serving.warn_of_strangers(published or urlsplit(url).hostname or "")
        serving.announce(project, url)
        log = _show_log(provider)
        try:
            log.result()
            raise CommandError(f"the container of {image} ended with exit status {provider.exit_code}")
        except KeyboardInterrupt:
            console.note("stopping, when the episodes in progress have ended")
            provider.stop()
            wait([log])
    except BaseException:
        provider.stop_timeout_s = 0.0  # a second Ctrl-C waits for nobody
        raise
    finally:
        provider.stop()


def _start(provider: DockerProvider, host: str, port: int) -> str:
    try:
        return provider.start()
    except PortTakenError:
        ports.listen(host, port).close()  # says who holds it, where that is a process of this machine
        raise


def _show_log(provider: DockerProvider) -> Future[None]:
    """Print what the server prints, in a thread, which goes on while the server stops."""
    lines, ended = provider.follow(), Future[None]()

    def show() -> None:
        try:
            for line in lines:
                console.detail(line)
        except Exception as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=show, name="openenv-container-log", daemon=True).start()
    return ended


def _operators_variables(settings: ServerSettings) -> dict[str, str]:
    """What an operator has set here goes for the server in the container too."""
    given = {name: value for name, value in os.environ.items() if name.startswith("OPENENV_")}
    return {"OPENENV_DRAIN_TIMEOUT_S": f"{settings.drain_timeout_s:g}", **given}
