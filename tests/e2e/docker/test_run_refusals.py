"""What an engine refuses is told in one line with what to do, on a real engine or with a fault put into its answers."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack

import pytest
from support.engine_proxy import Fault, faulty_engine

from openenv.engine import EngineError
from openenv.errors import ConnectError, ServerStartError
from openenv.providers import DockerProvider
from openenv.providers.docker import OWNER_LABEL
from openenv.providers.owner import Owner
from openenv.providers.refusals import EngineFullError, ImageMissingError, PortTakenError
from openenv_cli import console

from .conftest import run

FULL = "write /var/lib/docker/tmp: no space left on device"


@pytest.fixture(autouse=True)
def nothing_is_left(engine):
    yield
    made = engine.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={Owner.here()}"})
    assert [container.name for container in made] == []


@pytest.fixture
def faulty(engine_socket, tmp_path, monkeypatch):
    """Puts faults between us and the engine for the rest of a test."""
    with ExitStack() as proxies:

        def put(*faults):
            proxy = proxies.enter_context(faulty_engine(tmp_path / "faulty.sock", engine_socket, *faults))
            monkeypatch.setenv("DOCKER_HOST", proxy.host)

        yield put


def refused(kind, provider, code):
    """The error with which a provider does not start; it ends the command line with this code."""
    with pytest.raises(kind) as caught:
        provider.start()
    assert type(caught.value) is kind
    assert caught.value.hint

    def fail():
        raise caught.value

    assert console.run(fail) == code
    return caught.value


def test_an_image_that_is_nowhere_is_missing(engine):
    error = refused(ImageMissingError, DockerProvider("localhost:1/no-such-env:latest"), 3)

    assert error.message.startswith("there is no image localhost:1/no-such-env:latest here, and it cannot be pulled: ")
    assert error.hint == "openenv build makes an image of a project, and docker images lists those that are here"
    ran = run([sys.executable, "-m", "openenv_cli", "validate", "image:localhost:1/no-such-env:latest"])
    assert (ran.code, ran.out) == (3, "")
    assert f"error: {error.message}\nhint: {error.hint}\n" in ran.err


def test_a_port_that_is_taken(inside_image):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(PortTakenError, DockerProvider(inside_image, port=port), 3)
    assert error.message.startswith(f"port {port} is taken: ")
    assert error.data["port"] == port


def test_a_port_that_another_container_has_taken(inside_image):
    first = DockerProvider(inside_image)
    port = int(first.start().rpartition(":")[2])
    try:
        refused(PortTakenError, DockerProvider(inside_image, port=port), 3)
    finally:
        first.stop()


def test_an_address_that_the_engines_machine_has_not(inside_image):
    error = refused(EngineError, DockerProvider(inside_image, host="192.0.2.1"), 3)
    assert error.message.startswith("the engine's machine lacks the address that was asked for: ")
    assert error.hint == "host='0.0.0.0' takes every address of the engine's machine"


def test_an_image_that_runs_nothing(base_image):
    error = refused(EngineError, DockerProvider(base_image), 3)
    assert error.message == f"{base_image} runs nothing: No command specified"
    assert error.hint == "CMD in its Dockerfile says what it runs"


def test_a_server_that_does_not_start_is_a_failure(image_of):
    image = image_of("torn", "raise RuntimeError('torn')")
    error = refused(ServerStartError, DockerProvider(image), 1)
    assert error.message.endswith("ended with exit status 1: RuntimeError: torn")
    for command in ("validate", "eval"):
        ran = run([sys.executable, "-m", "openenv_cli", command, f"image:{image}"])
        assert (ran.code, ran.out) == (1, "")
        assert f"error: {error.message}\n" in ran.err


@pytest.mark.parametrize("request_", ["POST .*/containers/create", "POST .*/containers/.*/start"])
def test_a_full_disk(faulty, inside_image, request_):
    faulty(Fault(request_, 500, FULL))
    error = refused(EngineFullError, DockerProvider(inside_image), 3)
    assert error.message == f"the disk of the container engine is full: {FULL}"


def test_a_disk_that_is_too_full_to_pull_to(faulty):
    faulty(Fault("POST .*/images/create", 500, FULL))
    refused(EngineFullError, DockerProvider("localhost:1/no-such-env"), 3)


def test_a_limit_that_the_engine_cannot_keep(inside_image):
    error = refused(EngineError, DockerProvider(inside_image, cpus=4096), 3)
    assert "CPUs" in error.message
    assert error.hint == "each limit of DockerProvider can be changed by its name"


def test_an_engine_that_hangs_up(faulty, inside_image):
    faulty(Fault("POST .*/containers/.*/start", 0))
    error = refused(EngineError, DockerProvider(inside_image), 3)
    assert error.message.startswith("the container engine did not answer: ")


def test_a_container_that_is_being_removed_already_counts_as_removed(faulty, engine, inside_image):
    faulty(Fault("DELETE .*", 409, "removal of container is already in progress"))
    provider = DockerProvider(inside_image)
    provider.start()
    name = provider.container_id
    provider.stop()
    engine.containers.get(name).remove(force=True)


def test_a_socket_that_this_user_may_not_use(tmp_path, monkeypatch):
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        user = os.geteuid()
        try:
            if not user:
                os.seteuid(65534)  # nothing is closed to root
            with pytest.raises(ConnectError) as caught:
                DockerProvider("my-env").start()
        finally:
            os.seteuid(user)
    assert type(caught.value).__name__ == "EngineForbiddenError"
    assert caught.value.message == f"this user may not use the container engine at unix://{path}"
    assert "usermod" in caught.value.hint
