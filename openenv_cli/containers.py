"""Runs a project's image on this machine."""

from __future__ import annotations

import os
import signal

from openenv.project.project import Project
from openenv.providers.docker import DockerProvider
from openenv.server.settings import ServerSettings
from openenv_cli import console, ports, serving
from openenv_cli.errors import CommandError
from openenv_cli.images.tags import default_tags

_GRACE_S = 10.0


def serve(project: Project, host: str, port: int) -> None:
    """Serve a project's image in a container, until a signal stops it.

    Args:
        project: The project.
        host: The address of this machine to serve at.
        port: The port of this machine; 0 takes a free one.

    Raises:
        MissingError: The port is taken.
        ConnectError: There is no engine or no image, or it does not start.
        CommandError: It has ended by itself.
    """
    ports.listen(host, port).close()  # who holds a port that is taken is told better here than by the engine
    settings = ServerSettings().with_environment()
    image = project.manifest.default_image or default_tags(project.manifest)[0]
    provider = DockerProvider(
        image,
        host=host,
        port=port or None,
        env_vars=_operators_variables(settings),
        stop_timeout_s=settings.drain_timeout_s + _GRACE_S,
    )
    if settings.api_key is None:
        serving.warn_of_strangers(host)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serving.announce(project, provider.start())
        for line in provider.follow():
            console.detail(line)
        raise CommandError(f"the container of {image} ended with exit status {provider.exit_code}")
    except KeyboardInterrupt:
        console.note("stopping, when the episodes in progress have ended")
    finally:
        provider.stop()


def _operators_variables(settings: ServerSettings) -> dict[str, str]:
    """What an operator has set here goes for the server in the container too."""
    given = {name: value for name, value in os.environ.items() if name.startswith("OPENENV_")}
    return {"OPENENV_DRAIN_TIMEOUT_S": f"{settings.drain_timeout_s:g}", **given}
