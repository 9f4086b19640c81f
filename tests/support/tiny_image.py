"""Small images for tests that run some: the base image, this checkout's runtime, and an app in one file."""

from __future__ import annotations

import io
import tarfile

from docker import DockerClient

from openenv_cli.images.wheel import runtime_wheel

RUNTIME = "openenv-test-runtime:latest"

_RUNTIME = """
FROM openenv-test-base:latest
RUN python3 -m venv /opt/venv
COPY {wheel} /wheels/
RUN /opt/venv/bin/pip install --quiet --no-cache-dir /wheels/*.whl
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PORT=8000
"""
_APP = """
FROM {runtime}
COPY app.py /app/
WORKDIR /app
USER 1000
EXPOSE 8000
CMD ["sh", "-c", "exec {command}"]
"""
SERVE = "python -m openenv.server app:app --host 0.0.0.0 --port $PORT"


def make_runtime(client: DockerClient) -> None:
    """Make the image that the others begin with; its layers are kept until the runtime changes."""
    wheel = runtime_wheel()
    _build(client, RUNTIME, {"Dockerfile": _RUNTIME.format(wheel=wheel.name).encode(), wheel.name: wheel.content})


def make_image(client: DockerClient, name: str, app: str = "", command: str = SERVE) -> str:
    """Make an image of an app.

    Args:
        client: The engine, which has the runtime's image.
        name: The image's name.
        app: The text of the module ``app``.
        command: What the container runs.

    Returns:
        The name.
    """
    dockerfile = _APP.format(runtime=RUNTIME, command=command)
    _build(client, name, {"Dockerfile": dockerfile.encode(), "app.py": app.encode()})
    return name


def _build(client: DockerClient, tag: str, files: dict[str, bytes]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    client.images.build(fileobj=buffer, custom_context=True, tag=tag, rm=True, forcerm=True)
