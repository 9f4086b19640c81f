"""Small images on top of another: an app in one file, and the command that serves it."""

from __future__ import annotations

import io
import tarfile

from docker import DockerClient

_DOCKERFILE = """
FROM {base}
COPY app.py /app/
WORKDIR /app
CMD ["sh", "-c", "exec {command}"]
"""
SERVE = "python -m openenv.server app:app --host 0.0.0.0 --port $PORT"
INSIDE = """
from openenv.environment import Environment
from openenv.server import create_app
from openenv.types import Action, Observation, State

class Do(Action):
    code: str = "None"

class Said(Observation):
    value: str = ""

class Inside(Environment[Do, Said, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True
    def reset(self):
        return Said()
    def step(self, action):
        try:
            return Said(value=str(eval(action.code)))
        except Exception as error:
            return Said(value=f"{type(error).__name__}: {error}")
    @property
    def state(self):
        return State()

app = create_app(Inside)
"""
"""An environment that does what it is told, to look around where it runs."""


def make_image(client: DockerClient, base: str, name: str, app: str = "", command: str = SERVE) -> str:
    """Make an image of an app.

    Args:
        client: The engine.
        base: The image of an environment, which has the runtime.
        name: The image's name.
        app: The text of the module ``app``.
        command: What the container runs.

    Returns:
        The name.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in (("Dockerfile", _DOCKERFILE.format(base=base, command=command)), ("app.py", app)):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(text), 0o644
            tar.addfile(member, io.BytesIO(text.encode()))
    buffer.seek(0)
    client.images.build(fileobj=buffer, custom_context=True, tag=name, rm=True, forcerm=True)
    return name
