"""Containers as a provider starts and stops them, on a real engine."""

from __future__ import annotations

import ast
import json
import socket
import threading
import time
from contextlib import closing
from urllib.request import urlopen

import pytest
from docker.errors import NotFound
from support.engine_proxy import far_engine
from support.tiny_image import INSIDE

from openenv.client import GenericEnvClient
from openenv.errors import ServerStartError
from openenv.providers import DockerProvider
from openenv.providers.docker import OWNER_LABEL
from openenv.providers.owner import Owner

ENDS = "import sys; print('it has no time', file=sys.stderr); sys.exit(7)"
IMPORTS = "\nimport no_such_module"
WRITES = "from pathlib import Path\nPath('/app/notes').write_text('note')\n"
DEAF = "import time\nprint('so tired', flush=True)\ntime.sleep(600)"
EATS = "hoard = b'x' * 2**29"
HEALTHY = """
import http.server, os
class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["PORT"].encode())
    def log_message(self, *_):
        pass
print("feeling well", flush=True)
http.server.HTTPServer(("", int(os.environ["PORT"])), Server).serve_forever()
"""
FALLS_ILL = HEALTHY.replace("200", "503").replace("well", "unwell")


@pytest.fixture(autouse=True)
def nothing_is_left(engine):
    """Whatever a test does, its containers are gone in the end."""
    yield
    here = str(Owner.here())
    made = engine.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={here}"})
    assert [container.name for container in made] == []


def seen(image, *codes, **options):
    """What some expressions are worth inside."""
    with GenericEnvClient.from_docker_image(image, **options) as env:
        env.reset()
        return [env.step({"code": code}).observation["value"] for code in codes]


def test_a_container_is_served_at_a_port_of_the_loopback_interface(engine, inside_image):
    provider = DockerProvider(inside_image)
    url = provider.start()
    try:
        port = int(url.removeprefix("http://127.0.0.1:"))
        bindings = engine.containers.get(provider.container_id).ports["8000/tcp"]
        with urlopen(f"{url}/health") as health:
            assert health.status == 200
    finally:
        provider.stop()
    assert bindings == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]
    assert provider.container_id is None
    provider.stop()


STATUS = "[line.split()[1] for line in open('/proc/self/status') if line.startswith('{}')]"
WRITE = "open('{}/x', 'w').close()"
FLAGS = {
    "capabilities": STATUS.format("CapBnd"),
    "new_privileges": STATUS.format("NoNewPrivs"),
    "root": WRITE.format("/app"),
    "home": "open(__import__('os').path.expanduser('~/x'), 'w').close()",
    "tmp": WRITE.format("/tmp"),
    "user": "__import__('os').getuid()",
}


def test_what_runs_inside_has_no_rights_and_writes_into_memory_only(inside_image):
    found = dict(zip(FLAGS, seen(inside_image, *FLAGS.values()), strict=True))

    assert found["capabilities"] == "['0000000000000000']"
    assert found["new_privileges"] == "['1']"
    assert found["root"] == "OSError: [Errno 30] Read-only file system: '/app/x'"
    assert found["home"].startswith("OSError: [Errno 30] Read-only file system: ")
    assert found["tmp"] == "None"
    assert found["user"] != "0"


def test_rights_and_folders_can_be_given_by_name(inside_image):
    relaxed = {"capabilities": ["NET_RAW"], "new_privileges": True, "read_only": False, "tmpfs": {}}
    found = dict(zip(FLAGS, seen(inside_image, *FLAGS.values(), **relaxed), strict=True))

    assert found["capabilities"] == "['0000000000002000']"
    assert found["new_privileges"] == "['0']"
    assert found["home"] == "None"
    assert found["tmp"] == "None"


def test_a_folder_in_memory_can_be_given(inside_image):
    (home,) = seen(inside_image, FLAGS["home"], tmpfs={"/home/user": "size=1m,uid=1000"})
    assert home == "None"


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({}, {"Memory": 2 * 2**30, "MemorySwap": 2 * 2**30, "NanoCpus": 10**9, "PidsLimit": 512}),
        (
            {"memory": "256m", "cpus": 0.5, "pids": 64},
            {"Memory": 2**28, "MemorySwap": 2**28, "NanoCpus": 5 * 10**8, "PidsLimit": 64},
        ),
        ({"memory": None, "cpus": None, "pids": None}, {"Memory": 0, "NanoCpus": 0, "PidsLimit": None}),
    ],
)
def test_memory_processors_and_processes_are_limited(engine, inside_image, options, limits):
    provider = DockerProvider(inside_image, **options)
    provider.start()
    try:
        set_ = engine.containers.get(provider.container_id).attrs["HostConfig"]
    finally:
        provider.stop()
    assert {name: set_[name] for name in limits} == limits


def test_a_process_that_starts_too_many_others_is_refused_them(inside_image):
    code = "[__import__('threading').Thread(target=__import__('time').sleep, args=(9,)).start() for _ in range(99)]"
    (refused,) = seen(inside_image, code, pids=48)
    assert "can't start new thread" in refused


def test_no_process_but_the_servers_own_has_its_variables(engine, inside_image):
    everything = "[open(f'/proc/{pid}/cmdline').read() for pid in __import__('os').listdir('/proc') if pid.isdigit()]"
    with GenericEnvClient.from_docker_image(inside_image, env_vars={"SECRET": "sesame"}) as env:
        env.reset()
        (command,) = ast.literal_eval(env.step({"code": everything}).observation["value"])
        (container,) = engine.containers.list(filters={"label": f"{OWNER_LABEL}={Owner.here()}"})
        assert command.startswith("python\0-m\0openenv.server\0")
        assert container.attrs["Config"]["Healthcheck"]["Test"] == ["NONE"]  # each check would be another one


def test_variables_and_the_port_that_was_asked_for_are_set(inside_image):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    look = "__import__('os').environ['LEVEL']"
    with GenericEnvClient.from_docker_image(inside_image, env_vars={"LEVEL": "3"}, port=port) as env:
        env.reset()
        assert env.base_url == f"http://127.0.0.1:{port}"
        assert env.step({"code": look}).observation["value"] == "3"


@pytest.mark.parametrize(
    ("name", "app", "options", "message", "hint"),
    [
        ("ends", ENDS, {}, "ended with exit status 7\n  it has no time", "docker logs"),
        ("imports", IMPORTS, {}, "exit status 1: ModuleNotFoundError: No module named 'no_such_module'", "mend that"),
        ("writes", WRITES, {}, "Read-only file system: '/app/notes'", "read_only=False"),
        ("eats", EATS, {"memory": "64m"}, "ran out of memory", "memory='4g'"),
    ],
)
def test_a_server_that_ends_is_an_error_with_its_log(image_of, name, app, options, message, hint):
    with pytest.raises(ServerStartError) as caught:
        DockerProvider(image_of(name, app), **options).start()

    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "app", "said"),
    [
        ("ill", FALLS_ILL, "it says so itself (HTTP 503)\n  feeling unwell"),
        ("deaf", DEAF, r"nothing answers at 127.0.0.1:"),
    ],
)
def test_a_server_that_does_not_get_healthy_is_an_error_with_its_log(image_of, name, app, said):
    provider = DockerProvider(image_of(name, app, "python app.py"), startup_timeout_s=3.0)
    with pytest.raises(ServerStartError, match=r"was not healthy within 3 s") as caught:
        provider.start()

    assert said in caught.value.message
    assert caught.value.data["log"].strip() in ("feeling unwell", "so tired")


def test_a_server_that_does_not_stop_is_killed(engine, image_of):
    stubborn = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
    provider = DockerProvider(image_of("stubborn", stubborn + INSIDE), stop_timeout_s=1.0)
    provider.start()
    ends = {"container": provider.container_id, "event": "die"}
    with closing(engine.events(decode=True, filters=ends)) as events:
        provider.stop()
        assert next(events)["Actor"]["Attributes"]["exitCode"] == "137"
    assert provider.container_id is None


def test_a_server_that_is_stopped_while_it_starts_does_not_start(engine, image_of):
    image = image_of("stopped", DEAF, "python app.py")
    provider = DockerProvider(image)
    starts = {"event": "start", "image": image}

    def stop():
        with closing(engine.events(since=begun, decode=True, filters=starts)) as events:
            next(events)
        provider.stop()

    begun = int(time.time())
    stopping = threading.Thread(target=stop)
    stopping.start()
    with pytest.raises(ServerStartError, match="was stopped while it started"):
        provider.start()
    stopping.join()


def test_the_name_of_an_address_will_do(engine, inside_image):
    provider = DockerProvider(inside_image, host="localhost")
    try:
        assert provider.start().startswith("http://127.0.0.1:")
        bindings = engine.containers.get(provider.container_id).ports["8000/tcp"]
        assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
    finally:
        provider.stop()


@pytest.fixture
def far(engine, engine_socket, monkeypatch):
    """The address of another machine with an engine: this one, as the containers see it."""
    address = engine.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    with far_engine(address, engine_socket) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        monkeypatch.setenv("NO_PROXY", address)
        yield address


@pytest.mark.parametrize(("host", "published"), [(None, None), ("0.0.0.0", "0.0.0.0")])
def test_a_container_of_an_engine_on_another_machine_is_reached_there(engine, far, inside_image, host, published):
    provider = DockerProvider(inside_image, host=host)
    try:
        assert provider.start().startswith(f"http://{far}:")
        bindings = engine.containers.get(provider.container_id).ports["8000/tcp"]
        assert bindings[0]["HostIp"] == (published or far)
    finally:
        provider.stop()


def test_starting_again_replaces_the_container(inside_image):
    provider = DockerProvider(inside_image)
    provider.start()
    first = provider.container_id
    provider.start()
    assert provider.container_id not in (None, first)
    provider.stop()


def test_a_container_that_somebody_else_removed_is_stopped(engine, inside_image):
    provider = DockerProvider(inside_image)
    provider.start()
    container = engine.containers.get(provider.container_id)
    container.remove(force=True)

    provider.stop()

    assert (provider.container_id, provider.log) == (None, ())
    with pytest.raises(NotFound):
        container.reload()


def test_the_log_and_the_end_can_be_followed(engine, inside_image):
    provider = DockerProvider(inside_image)
    provider.start()
    try:
        assert provider.exit_code is None
        lines = provider.follow()
        assert any("Application startup complete" in line for line in provider.log)
        engine.containers.get(provider.container_id).kill()
        assert any("Uvicorn running" in line for line in lines)  # and it ends
        assert list(lines) == []
        assert provider.exit_code == 137
    finally:
        provider.stop()
    assert provider.log == ()


@pytest.mark.parametrize(("exposed", "port"), [((7860,), 7860), ((), 8000), ((7860, 9000), 8000), ((8000,), 8000)])
def test_a_server_is_reached_at_the_one_port_that_its_image_exposes_or_at_the_usual_one(
    engine, base_image, exposed, port
):
    changes = [f"EXPOSE {number}" for number in exposed] + [f"CMD {json.dumps(['python3', '-c', HEALTHY])}"]
    container = engine.containers.create(base_image, "true")
    image = container.commit(changes="\n".join(changes))
    container.remove()
    provider = DockerProvider(image.id, stop_timeout_s=0)
    try:
        with urlopen(provider.start()) as page:
            assert page.read().decode() == str(port)
    finally:
        provider.stop()
        engine.images.remove(image.id)
