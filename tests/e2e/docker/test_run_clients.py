"""Playing in containers, on a real engine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from support.puppets import PATIENCE_S

from openenv import Action, EnvClient, GenericEnvClient, Observation, State, pool
from openenv.core.containers.runtime import LocalDockerProvider
from openenv.errors import ConnectError
from openenv.providers.docker import OWNER_LABEL
from openenv.providers.owner import Owner

from .conftest import ROOT, run

MANY = 10


class EchoAction(Action):
    message: str


class EchoObservation(Observation):
    message: str
    length: int


class EchoEnv(EnvClient[EchoAction, EchoObservation, State]):
    pass


def containers(engine, **owner):
    return engine.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={owner.get('owner', Owner.here())}"})


@pytest.fixture(autouse=True)
def nothing_is_left(engine):
    yield
    assert [container.name for container in containers(engine)] == []


async def within_async_with(image):
    async with EchoEnv.from_docker_image(image) as env:
        return await play(env)


async def awaited(image):
    env = await EchoEnv.from_docker_image(image)
    try:
        assert isinstance(env, EchoEnv)
        return await play(env)
    finally:
        await env.close()


async def play(env):
    assert not (await env.reset(seed=1)).done
    result = await env.step(EchoAction(message="hello"))
    assert (await env.state()).step_count == 1
    assert (await env.step(EchoAction(message="bye"))).done
    return result


def within_with(image):
    with EchoEnv.from_docker_image(image) as env:
        env.reset(seed=1)
        return env.step(EchoAction(message="hello"))


def through_sync(image):
    with EchoEnv.from_docker_image(image).sync() as env:
        env.reset(seed=1)
        return env.step(EchoAction(message="hello"))


def bare(image):
    env = EchoEnv.from_docker_image(image)
    try:
        env.reset(seed=1)
        return env.step(EchoAction(message="hello"))
    finally:
        env.close()


@pytest.mark.parametrize(
    "face",
    [
        lambda image: asyncio.run(within_async_with(image)),
        lambda image: asyncio.run(awaited(image)),
        within_with,
        through_sync,
        bare,
    ],
    ids=["async with", "await", "with", "sync", "bare"],
)
def test_an_episode_is_played_through_every_face(echo_image, face):
    result = face(echo_image)
    assert isinstance(result.observation, EchoObservation)
    assert (result.observation.message, result.observation.length, result.reward) == ("hello", 5, 0.5)


def test_the_provider_of_openenv_0_10_runs_images_too(engine, echo_image):
    options = {"env_vars": {"LEVEL": "3"}, "memory": "256m"}
    with EchoEnv.from_docker_image(echo_image, LocalDockerProvider(), **options) as env:
        env.reset()
        assert env.step(EchoAction(message="hello")).reward == 0.5
        assert "LEVEL=3" in containers(engine)[0].attrs["Config"]["Env"]


def test_entering_again_starts_a_fresh_container(engine, echo_image):
    env = EchoEnv.from_docker_image(echo_image)
    seen = []
    for _ in range(2):
        with env as client:
            client.reset()
            seen += [container.id for container in containers(engine)]
    assert len(set(seen)) == 2


def test_a_container_that_is_killed_in_an_episode_is_a_typed_error_and_leaves_nothing(engine, echo_image):
    with EchoEnv.from_docker_image(echo_image) as env:
        env.reset()
        containers(engine)[0].kill()
        with pytest.raises(ConnectError) as caught:
            env.step(EchoAction(message="hello"))
        assert caught.value.hint
    assert containers(engine) == []


def test_a_client_whose_container_was_killed_goes_on_in_a_fresh_one(engine, echo_image):
    with EchoEnv.from_docker_image(echo_image) as env:
        env.reset()
        containers(engine)[0].kill()
        with pytest.raises(ConnectError):
            env.step(EchoAction(message="hello"))
        env.connect()
        env.reset()
        assert env.step(EchoAction(message="hello")).reward == 0.5
        assert len(containers(engine)) == 1


def test_ten_containers_at_once(engine, inside_image):
    name = "__import__('socket').gethostname()"

    async def one(seen):
        async with GenericEnvClient.from_docker_image(inside_image, memory="256m", connect_timeout_s=60) as env:
            await env.reset()
            seen.append((await env.step({"code": name})).observation["value"])
            while len(seen) < MANY:
                await asyncio.sleep(0.01)
            assert (await env.step({"code": "6 * 7"})).observation["value"] == "42"

    async def all_():
        seen = []
        await asyncio.gather(*(one(seen) for _ in range(MANY)))
        return seen

    assert len(set(asyncio.run(all_()))) == MANY


def test_a_pool_of_one_image_shares_one_container(engine, inside_image):
    with pool(GenericEnvClient.from_docker_image(inside_image), 3) as envs:
        envs.reset_all()
        results = envs.step_all([{"code": f"{number} ** 2"} for number in range(3)])
        assert [result.observation["value"] for result in results] == ["0", "1", "4"]
        assert len(containers(engine)) == 1


def test_an_image_is_validated(echo_image):
    ran = run([sys.executable, "-m", "openenv_cli", "validate", "--strict", "--json", f"image:{echo_image}"])
    assert ran.code == 0, ran.out + ran.err
    assert ran.document["target"] == f"image:{echo_image}"
    assert ran.document["verdict"] == "passed"


def test_an_image_is_evaluated_on(echo_image):
    played = ["--episodes", "4", "--sessions", "2", "--max-steps", "3", "--json"]
    ran = run([sys.executable, "-m", "openenv_cli", "eval", f"image:{echo_image}", *played])
    assert ran.code == 0, ran.out + ran.err
    assert ran.document["policies"][0]["episodes"] == 4


@contextmanager
def serving(project, *options, **variables):
    command = [sys.executable, "-m", "openenv_cli", "serve", str(project), "--docker", "--port", "0", *options]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environ) as server:
        try:
            first = server.stdout.readline()
            assert first, server.stderr.read()
            yield server, first.split()[-1]
        finally:
            server.kill()


@pytest.fixture
def project(tmp_path, echo_image):
    """A project whose image has been built."""
    (tmp_path / "openenv.yaml").write_text(
        f"name: echo-env\nversion: 0.1.0\napp: echo_env.server.app:app\ndefault_image: {echo_image}\n", encoding="utf-8"
    )
    return tmp_path


def of(engine, server):
    """The containers of another process."""
    made = engine.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True)
    return [found for found in made if Owner.parse(found.labels[OWNER_LABEL]).pid == server.pid]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_projects_image_is_served_until_a_signal(engine, project, number):
    with serving(project) as (server, url):
        with EchoEnv(url) as env:
            env.reset()
            assert env.step(EchoAction(message="hello")).reward == 0.5
        assert len(of(engine, server)) == 1
        said = iter(server.stderr.readline, "")
        assert next(said) == "Ctrl-C stops it\n"
        assert any("ended: closed" in line for line in said)  # what the server in the container logs
        server.send_signal(number)
        _, rest = server.communicate()
    assert server.returncode == 0
    assert "Application shutdown complete" in rest  # up to the last line
    assert of(engine, server) == []


def test_a_second_ctrl_c_stops_it_at_once(engine, project):
    with serving(project, OPENENV_DRAIN_TIMEOUT_S="600") as (server, url), EchoEnv(url) as env:
        env.reset()
        server.send_signal(signal.SIGINT)
        assert any("stopping, when the episodes in progress have ended" in line for line in server.stderr)
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE_S)
        assert server.returncode == 130
        assert of(engine, server) == []


def test_what_an_operator_sets_goes_for_the_container(engine, project):
    with serving(project, "--max-sessions", "3", OPENENV_API_KEY="open sesame") as (server, url):
        with EchoEnv(url, api_key="open sesame") as env:
            env.reset()
        variables = of(engine, server)[0].attrs["Config"]["Env"]
        server.send_signal(signal.SIGINT)
        server.communicate()
    assert {"OPENENV_MAX_SESSIONS=3", "OPENENV_API_KEY=open sesame", "OPENENV_DRAIN_TIMEOUT_S=30"} <= {*variables}


def test_a_served_container_that_ends_by_itself_is_a_failure(engine, project):
    with serving(project) as (server, _):
        of(engine, server)[0].kill()
        _, errors = server.communicate()
    assert server.returncode == 1
    assert "ended with exit status 137" in errors
    assert of(engine, server) == []


def test_a_port_that_is_taken_is_told_with_who_holds_it(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run([sys.executable, "-m", "openenv_cli", "serve", str(project), "--docker", "--port", str(port)])
    assert (ran.code, ran.out) == (3, "")
    assert f"error: port {port} is taken by " in ran.err


@pytest.mark.parametrize("options", [["--reload"], ["--log-level", "debug"]])
def test_what_an_image_cannot_do_is_wrong_usage(project, options):
    ran = run([sys.executable, "-m", "openenv_cli", "serve", str(project), "--docker", *options])
    assert ran.code == 2
    assert "--docker runs an image as it is" in ran.err


def test_the_doctor_finds_the_engine(engine):
    ran = run([sys.executable, "-m", "openenv_cli", "doctor", "--json"])
    found = {finding["name"]: finding for finding in json.loads(ran.out)["findings"]}
    assert found["engine"]["status"] == "ok"
    assert found["engine"]["message"].startswith(engine.version()["Version"])


TRIES = {
    "the server's variables": "[open(f'/proc/{pid}/environ').read() for pid in os.listdir('/proc') if pid.isdigit()]",
    "the server's memory": "open('/proc/1/mem', 'rb').read(1)",
    "root": "__import__('os').setuid(0)",
    "a folder of the system": "open('/usr/escaped', 'w')",
    "the interpreter": "open(__import__('sys').executable, 'ab')",
    "the host's disks": "[open(f'/dev/{name}') for name in ('sda', 'vda', 'nvme0n1', 'mem')]",
    "the kernel's settings": "open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh')",
    "the engine": "__import__('socket').socket(1).connect('/var/run/docker.sock')",
    "a mount": "__import__('subprocess').run(['mount', '-t', 'tmpfs', 'x', '/mnt'], check=True)",
    "another root": "__import__('os').chroot('/tmp')",
}


def test_code_that_tries_to_escape_gets_nowhere_and_the_server_lives(engine, project_of):
    built = project_of("coding_env")
    built.build("--no-smoke")
    with GenericEnvClient.from_docker_image(built.tag) as env:
        env.reset(seed=1)
        errors = {what: env.step({"code": code}).observation["error"] for what, code in TRIES.items()}
        assert {what for what, error in errors.items() if error is None} == set()
        for rough in ("__import__('os').kill(-1, 9)", "while True: __import__('os').fork()", "b'x' * 2**36"):
            env.step({"code": rough})
        env.reset(seed=1)
        assert env.step({"code": "6 * 7"}).observation["value"] == "42"
