"""A real engine, a base image, and environments that build on it without any network.

An engine is found as the command line finds it. Where there is none, these tests are skipped with the reason;
in CI that is a failure. ``make e2e-docker`` runs them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound
from support.tiny_image import INSIDE, SERVE, make_image

from openenv.engine import EngineError, connect
from openenv_cli.images.wheel import runtime_wheel

ROOT = Path(__file__).parents[3]
BASE_IMAGES = ("openenv-test-base:latest", "python:3.12-slim")
"""The first is made by ``scripts/engine.py base``; the second has to be pulled before."""

PREFIX = f"openenv-e2e-{os.getpid()}"
"""What the images of this run are called; they are removed in the end."""

OFFLINE = ("--build-arg", "PIP_NO_INDEX=1")
_MAKE_WHEELHOUSE = """
set -e
python3 -m venv /tmp/pip
pip="/tmp/pip/bin/pip wheel -q -c /made/constraints.txt"
$pip -w /made/common /made/*.whl hatchling
rm /made/common/openenv_kit-*  # openenv build brings it
$pip -w /made/games --find-links /made/common open_spiel==2.0.2
"""


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """The container engine; what these tests have named is removed from it in the end."""
    try:
        client = connect()
    except EngineError as error:
        pytest.skip(f"{error}: {error.hint}")
    yield client
    for image in client.images.list():
        for tag in image.tags:
            if tag.startswith(PREFIX):
                client.images.remove(tag, force=True)
    client.close()


@pytest.fixture(scope="session")
def engine_socket(engine: docker.DockerClient) -> str:
    """The path of the engine's socket."""
    adapter = engine.api.get_adapter(engine.api.base_url)
    if not hasattr(adapter, "socket_path"):
        pytest.skip("this engine has no Unix socket to put a proxy before")
    return str(adapter.socket_path)


@pytest.fixture(scope="session")
def base_image(engine: docker.DockerClient) -> str:
    """A small image with Python, which is here already."""
    for name in BASE_IMAGES:
        try:
            engine.images.get(name)
        except ImageNotFound:
            continue
        return name
    pytest.skip(f"none of the images {', '.join(BASE_IMAGES)} is here: docker pull {BASE_IMAGES[-1]}")


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AbstractContextManager[Path]]:
    """Makes blocks that only one process of this run is in at a time; each gets the folder that all share."""
    here = tmp_path_factory.getbasetemp()
    shared = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here

    @contextmanager
    def block() -> Iterator[Path]:
        with (shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield shared

    return block


@pytest.fixture(scope="session")
def wheelhouse(engine: docker.DockerClient, base_image: str, alone: Callable[[], AbstractContextManager[Path]]) -> Path:
    """Every wheel that the environments here need on that image; the only time that an index is asked.

    What all need is in ``common``, what OpenSpiel needs beside that in ``games``.
    """
    with alone() as shared:
        folder = shared / "wheelhouse"
        if not folder.exists():
            made = shared / "making"
            made.mkdir()
            runtime = runtime_wheel()
            (made / runtime.name).write_bytes(runtime.content)
            shutil.copy(ROOT / "constraints.txt", made)
            volumes = {str(made): {"bind": "/made", "mode": "rw"}}
            engine.containers.run(base_image, ["sh", "-c", _MAKE_WHEELHOUSE], volumes=volumes, remove=True)
            made.rename(folder)
    return folder


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass
class Project:
    """A copy of an environment, with every wheel that it needs, and the images made of it.

    Attributes:
        root: Its folder.
        base_image: What it builds on.
        tag: What its image is called.
    """

    root: Path
    base_image: str
    tag: str

    @property
    def command(self) -> list[str]:
        """What builds it."""
        build = [sys.executable, "-m", "openenv_cli", "build", str(self.root), "-t", self.tag]
        return [*build, "--base-image", self.base_image, *OFFLINE]

    def build(self, *options: str) -> Ran:
        """Run ``openenv build --json``; it has to succeed."""
        ran = run([*self.command, "--json", *options])
        assert ran.code == 0, ran.err
        return ran


def run(command: list[str]) -> Ran:
    """Run a command to its end."""
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="session")
def project_of(base_image: str, wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Copies an environment of ``envs/`` that may be changed."""

    def copy(name: str) -> Project:
        root = tmp_path_factory.mktemp(name) / name
        shutil.copytree(ROOT / "envs" / name, root, ignore=shutil.ignore_patterns(".*_cache", "__pycache__"))
        for wheels in ("common", *["games"] * (name == "openspiel_env")):
            shutil.copytree(wheelhouse / wheels, root / "wheels", dirs_exist_ok=True)
        return Project(root, base_image, f"{PREFIX}-{name.replace('_', '-')}:test")

    return copy


@pytest.fixture(scope="session")
def echo_image(project_of: Callable[[str], Project], alone: Callable[[], AbstractContextManager[Path]]) -> str:
    """The name of an image of the echo environment."""
    project = project_of("echo_env")
    with alone():  # so that what one process builds is there for the other
        project.build("--no-smoke")
    return project.tag


@pytest.fixture(scope="session")
def image_of(engine: docker.DockerClient, echo_image: str) -> Callable[..., str]:
    """Makes an image of an app in one file, on top of the echo environment's; see ``make_image``."""

    def make(name: str, app: str = "", command: str = SERVE) -> str:
        return make_image(engine, echo_image, f"{PREFIX}-{name}:test", app, command)

    return make


@pytest.fixture(scope="session")
def inside_image(image_of: Callable[..., str]) -> str:
    """The name of an image whose environment looks around where it runs."""
    return image_of("inside", INSIDE)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry on this machine that takes from everybody."""
    with running_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@contextmanager
def running_registry(folder: Path, **settings: Any) -> Iterator[str]:
    """Run Debian's package ``docker-registry`` for the length of a block; yields its address."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("there is no docker-registry: apt-get install docker-registry")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address},
        **settings,
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")  # which is YAML, too
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(folder / "settings.json")], stdout=log, stderr=log)
    try:
        while not _listens(address):
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
        yield address
    finally:
        process.terminate()
        process.wait()


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as caller:
        return caller.connect_ex((host, int(port))) == 0
