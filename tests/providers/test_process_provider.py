"""Servers in a process of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from openenv.client import GenericEnvClient
from openenv.errors import ConfigurationError, ConnectError
from openenv.providers import ProcessProvider
from openenv.providers.base import SharedProvider, as_provider

ROOT = str(Path(__file__).parents[2])
APP = """
import os, subprocess, sys
from openenv.environment import Environment
from openenv.server import create_app
from openenv.types import Action, Observation, State

class See(Observation):
    pid: int = 0
    variable: str = ""

class Look(Environment[Action, See, State]):
    def reset(self):
        return See(pid=os.getpid(), variable=os.environ.get("LOOK_AT", ""))
    def step(self, action):
        code = "import sys, time; held = open(sys.argv[1], 'w'); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code, os.environ["FIFO"]])
        return See()
    @property
    def state(self):
        return State()

app = create_app(Look)
"""
CAUGHT = """
import logging, sys
try:
    import no_such_module
except ImportError:
    logging.exception("doing without")
sys.exit("licence key missing")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("looking.py", APP), ("broken.py", "raise RuntimeError('the app is broken')")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def gone(pid: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def provider_of(folder: Path, app: str = "looking:app", **options: Any) -> ProcessProvider:
    return ProcessProvider(app, app_dir=folder, **options)


def test_a_client_is_served_while_it_is_in_use(folder: Path) -> None:
    env = GenericEnvClient(provider=provider_of(folder, env_vars={"LOOK_AT": "me"}))
    assert env.base_url is None
    with env as client:
        seen = client.reset().observation
        assert seen["variable"] == "me"
        assert seen["pid"] != os.getpid()
        assert client.base_url is not None
        with urllib.request.urlopen(f"{client.base_url}/health") as health:
            assert json.load(health) == {"status": "healthy"}
    assert gone(seen["pid"])
    with env as client:
        assert client.reset().observation["pid"] != seen["pid"]


def test_what_the_environment_started_goes_with_it(folder: Path) -> None:
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    with GenericEnvClient(provider=provider_of(folder, env_vars={"FIFO": str(fifo)})) as client:
        client.reset()
        client.step({})
        held = fifo.open("rb")  # returns when the other end is opened, by what the environment started
    with held:
        assert held.read() == b""  # returns when that end is closed


@pytest.mark.parametrize(
    ("app", "words"),
    [
        ("broken:app", "the app is broken"),
        ("missing:app", "missing"),
        ("looking:nothing", "nothing"),
    ],
)
def test_a_server_that_does_not_start_is_an_error_with_its_log(folder: Path, app: str, words: str) -> None:
    with pytest.raises(ConnectError, match="ended with exit status 1") as caught:
        provider_of(folder, app).start()
    assert words in str(caught.value)
    assert words in caught.value.data["log"]


@pytest.mark.parametrize(
    ("text", "raised"),
    [
        ("\nimport json\njson.loads('')", "JSONDecodeError: Expecting value"),
        ("\n\nimport no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\nx = = 1", "SyntaxError: invalid syntax"),
    ],
)
def test_an_app_that_cannot_be_imported_is_an_error_with_its_own_line(tmp_path: Path, text: str, raised: str) -> None:
    (tmp_path / "torn.py").write_text(text, encoding="utf-8")
    with pytest.raises(ConnectError) as caught:
        provider_of(tmp_path, "torn:app").start()
    assert raised in caught.value.message
    assert caught.value.message.endswith(f"({tmp_path}/torn.py:3)")
    assert "importlib" not in caught.value.message
    assert "importlib" in caught.value.data["log"]


def test_an_error_that_the_app_caught_is_not_taken_for_what_ended_it(tmp_path: Path) -> None:
    (tmp_path / "paid.py").write_text(CAUGHT, encoding="utf-8")
    with pytest.raises(ConnectError) as caught:
        provider_of(tmp_path, "paid:app").start()
    assert caught.value.message.endswith("\n  licence key missing")
    assert "paid:app ended with exit status 1\n" in caught.value.message


def test_an_apps_own_error_is_told_without_its_hint_but_with_the_line(tmp_path: Path) -> None:
    raising = "from openenv.errors import ConfigurationError\nraise ConfigurationError('no key', hint='buy one')"
    (tmp_path / "paid.py").write_text(raising, encoding="utf-8")
    with pytest.raises(ConnectError) as caught:
        provider_of(tmp_path, "paid:app").start()
    assert caught.value.message.endswith(f"ConfigurationError: no key ({tmp_path}/paid.py:2)")


def test_the_package_of_a_flat_project_is_not_mistaken_for_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server/app.py").write_text(
        "from openenv.server import create_app\napp = create_app(1, 2, 3)", encoding="utf-8"
    )
    with pytest.raises(ConnectError) as caught:
        provider_of(tmp_path, "server.app:app").start()
    assert "openenv/server/" in caught.value.data["log"]
    assert caught.value.message.endswith(f"({tmp_path}/server/app.py:2)")


@pytest.mark.parametrize(("app", "file"), [("torn.server:app", "torn/server.py"), ("ripped:app", "ripped.py")])
def test_an_app_that_is_installed_is_named_with_its_own_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: str, file: str
) -> None:
    site = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(site)
    (site / file).parent.mkdir(parents=True)
    (site / file).write_text("import json\njson.loads('')", encoding="utf-8")
    with pytest.raises(ConnectError) as caught:
        ProcessProvider(app).start()
    assert caught.value.message.endswith(f"({site / file}:2)")


def test_a_server_that_does_not_get_healthy_in_time_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text("import time\ntime.sleep(600)", encoding="utf-8")
    with pytest.raises(ConnectError, match=r"not healthy within 0\.2 s"):
        provider_of(tmp_path, "sleepy:app", startup_timeout_s=0.2).start()


def test_a_server_that_hangs_up_and_lives_on_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openenv.providers.process._LINGER_S", 0.01)
    (tmp_path / "deaf.py").write_text("import os, time\nos.closerange(3, 4096)\ntime.sleep(600)", encoding="utf-8")
    with pytest.raises(ConnectError, match="deaf:app hung up"):
        provider_of(tmp_path, "deaf:app").start()


def test_a_server_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text(
        APP + "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n", encoding="utf-8"
    )
    env = GenericEnvClient(provider=provider_of(tmp_path, "stubborn:app", stop_timeout_s=0.2))
    with env as client:
        pid = client.reset().observation["pid"]
    assert gone(pid)


def test_stopping_twice_and_without_a_server_does_nothing(folder: Path) -> None:
    provider = provider_of(folder)
    provider.stop()
    assert provider.exit_code is None
    provider.start()
    assert provider.exit_code is None
    provider.stop()
    first = provider.exit_code
    provider.stop()
    assert (first, provider.exit_code) == (0, 0)


def test_starting_again_replaces_the_server(folder: Path) -> None:
    provider = provider_of(folder)
    first = provider.start()
    second = provider.start()
    assert first != second
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{first}/health")
    provider.stop()


def test_an_operators_key_is_not_asked_of_its_own_clients(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENENV_API_KEY", "secret")
    with GenericEnvClient(provider=provider_of(folder)) as client:
        client.reset()


OWNER = """
import os, sys
sys.path[:0] = {paths!r}
from openenv.providers import ProcessProvider
from openenv.client import GenericEnvClient
env = GenericEnvClient(provider=ProcessProvider("looking:app", app_dir={folder!r}))
env.reset()
print(env.base_url, flush=True)
sys.stdin.readline()
{ending}
"""


@pytest.mark.parametrize("ending", ["sys.exit(0)", "raise RuntimeError('oops')", "os.kill(os.getpid(), 9)"])
def test_however_its_owner_ends_the_server_does_not_outlive_it(folder: Path, ending: str) -> None:
    code = OWNER.format(paths=sys.path, folder=str(folder), ending=ending)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        host, port = owner.stdout.readline().decode().strip().removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30.0) as to_server:
            owner.stdin.write(b"end\n")
            owner.stdin.close()
            owner.wait()
            assert to_server.recv(1) == b""  # the server has closed it


def test_a_project_is_served_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "openenv.yaml").write_text("name: looking\nversion: 0.1.0\napp: looking:app\n", encoding="utf-8")
    (tmp_path / "looking.py").write_text(APP, encoding="utf-8")
    provider = ProcessProvider.for_project(tmp_path)
    assert provider.app == "looking:app"
    with GenericEnvClient(provider=provider) as client:
        client.reset()


class Container:
    """A deployed provider."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def start_container(self) -> str:
        self.calls.append("start")
        return "http://localhost:1"

    def stop_container(self) -> None:
        self.calls.append("stop")

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        self.calls.append(base_url)


class Runtime:
    """A deployed provider without containers."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def start(self) -> str:
        self.calls.append("start")
        return "http://localhost:2"

    def stop(self) -> None:
        self.calls.append("stop")

    def wait_for_ready(self, timeout_s: float = 30.0) -> None:
        self.calls.append("ready")


def test_deployed_providers_are_taken() -> None:
    container, runtime = Container(), Runtime()
    for deployed, url, waited in (
        (container, "http://localhost:1", "http://localhost:1"),
        (runtime, "http://localhost:2", "ready"),
    ):
        provider = as_provider(deployed)
        assert provider.start() == url
        provider.stop()
        assert deployed.calls == ["start", waited, "stop"]  # type: ignore[attr-defined]


def test_a_class_or_callable_makes_the_provider() -> None:
    assert as_provider(Container).start() == "http://localhost:1"
    assert as_provider(lambda: Runtime()).start() == "http://localhost:2"


@pytest.mark.parametrize("candidate", [5, "http://localhost", object()])
def test_what_is_no_provider_is_refused(candidate: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a provider"):
        as_provider(candidate)


def test_a_shared_server_lives_from_the_first_to_the_last_of_its_users() -> None:
    runtime = Runtime()
    shared = SharedProvider(as_provider(runtime))
    shared.start()
    shared.start()
    shared.stop()
    assert runtime.calls == ["start", "ready"]
    shared.stop()
    assert runtime.calls == ["start", "ready", "stop"]
