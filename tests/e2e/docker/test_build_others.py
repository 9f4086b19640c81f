"""Projects that openenv 0.10 has made, and builders other than ours."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from openenv_cli.images.wheel import runtime_wheel

from .conftest import OFFLINE, PREFIX, Project, run

DOCKERFILE = """\
# syntax=docker/dockerfile:1.4
ARG BASE_IMAGE=ghcr.io/nobody/openenv-base:latest
FROM ${BASE_IMAGE} AS builder
WORKDIR /app
ARG BUILD_MODE=in-repo
ARG ENV_NAME=flat_env
COPY . /app/env
WORKDIR /app/env
RUN --mount=type=cache,target=/root/.cache/pip \\
    python3 -m venv /app/.venv && \\
    /app/.venv/bin/pip install --no-index --find-links vendor vendor/openenv_kit-*.whl
FROM ${BASE_IMAGE}
WORKDIR /app
COPY --from=builder /app/.venv /app/.venv
COPY --from=builder /app/env /app/env
ENV PATH="/app/.venv/bin:$PATH" PYTHONPATH="/app/env:$PYTHONPATH"
CMD ["sh", "-c", "cd /app/env && uvicorn server.app:app --host 0.0.0.0 --port 8000"]
"""
"""As that of ``openenv init`` in 0.10: the root user, a fixed port, BuildKit's cache, a runtime of its own."""

MANIFEST = """\
spec_version: 1
name: flat_env
type: space
runtime: fastapi
app: server.app:app
port: 8000
"""
MODELS = """\
from openenv.core.env_server.types import Action, Observation


class FlatAction(Action):
    message: str


class FlatObservation(Observation):
    heard: str = ""
"""
APP = """\
from openenv.core.env_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import State
from models import FlatAction, FlatObservation


class FlatEnvironment(Environment):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self):
        super().__init__()
        self._state = State()

    def reset(self, seed=None, episode_id=None, **kwargs):
        self._state = State(episode_id=episode_id, step_count=0)
        return FlatObservation(heard="ready", done=False, reward=0.0)

    def step(self, action, timeout_s=None, **kwargs):
        self._state.step_count += 1
        return FlatObservation(heard=action.message, done=False, reward=1.0)

    @property
    def state(self):
        return self._state


app = create_app(FlatEnvironment, FlatAction, FlatObservation, env_name="flat_env", max_concurrent_envs=4)
"""


@pytest.fixture(scope="module")
def flat(wheelhouse, tmp_path_factory):
    """A project in the flat layout, whose runtime is in its own files."""
    root = tmp_path_factory.mktemp("flat") / "flat_env"
    files = {
        "openenv.yaml": MANIFEST,
        "__init__.py": "",
        "models.py": MODELS,
        "server/__init__.py": "",
        "server/app.py": APP,
        "server/Dockerfile": DOCKERFILE,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    shutil.copytree(wheelhouse / "common", root / "vendor")
    runtime = runtime_wheel()
    (root / "vendor" / runtime.name).write_bytes(runtime.content)
    return root


def test_a_flat_project_builds_as_it_is(flat, base_image, engine):
    project = Project(flat, base_image, f"{PREFIX}-flat:test")

    made = project.build().document

    assert made["checks_passed"] > 15
    labels = engine.images.get(project.tag).labels
    assert labels["org.opencontainers.image.title"] == "flat_env"
    assert '"heard"' in labels["org.openenv.schema.observation"]
    assert (flat / "server" / "Dockerfile").read_text(encoding="utf-8") == DOCKERFILE


def test_a_flat_project_gets_no_second_runtime(flat, base_image, engine):
    project = Project(flat, base_image, f"{PREFIX}-flat:test")
    project.build("--no-smoke")

    assert b"wheels" not in engine.containers.run(project.tag, ["ls", "/app/env"], remove=True)


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_docker_build_makes_the_same_image_with_either_builder(project_of, buildkit):
    project = project_of("echo_env")
    runtime = runtime_wheel()
    (project.root / "wheels" / runtime.name).write_bytes(runtime.content)
    client = next(path for path in ("/usr/bin/docker", shutil.which("docker")) if path and os.access(path, os.X_OK))
    tag = f"{PREFIX}-by-hand:{buildkit}"
    command = [client, "build", "-q", "-t", tag, "--build-arg", f"BASE_IMAGE={project.base_image}", *OFFLINE]

    done = subprocess.run(
        [*command, str(project.root)],
        env={**os.environ, "DOCKER_BUILDKIT": buildkit},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    ran = run([client, "run", "--rm", tag, "python", "-c", "import echo_env.server.app, os; print(os.getuid())"])
    assert (ran.code, ran.out.strip()) == (0, "1000"), ran.err
