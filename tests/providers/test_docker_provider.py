"""What is known of containers without any engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openenv.client import EnvClient, GenericEnvClient
from openenv.engine import EngineMissingError
from openenv.errors import ConfigurationError
from openenv.providers import DockerProvider
from openenv.providers.owner import Owner


def test_without_an_engine_a_client_says_so_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    client = GenericEnvClient.from_docker_image("my-env")
    with pytest.raises(EngineMissingError, match=r"no container engine answers at unix://.*no\.sock"):
        client.connect()


class Runner:
    """A provider for images; keeps what it was made with."""

    def __init__(self, image: str, **options: Any) -> None:
        self.made_with = (image, options)

    def start(self) -> str:
        return "http://localhost:1"

    def stop(self) -> None:
        pass


class DeployedRunner:
    """A provider of openenv 0.10."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def start_container(self, image: str, port: int | None = None, env_vars: dict[str, str] | None = None) -> str:
        self.calls.append((image, port, env_vars))
        return "http://localhost:2"

    def stop_container(self) -> None:
        self.calls.append("stop")

    def wait_for_ready(self, base_url: str, timeout_s: float = 30.0) -> None:
        self.calls.append(base_url)


class Impatient(GenericEnvClient):
    """A client with an argument of its own."""

    def __init__(self, base_url: str | None = None, patience: int = 0, **options: Any) -> None:
        super().__init__(base_url, **options)
        self.patience = patience


def made(client: EnvClient[Any, Any, Any]) -> Any:
    return client._session.recipe.provider


def test_options_go_to_the_client_or_else_to_the_provider() -> None:
    client = Impatient.from_docker_image("my-env", Runner, message_timeout_s=3.0, patience=7, memory="1g", port=5)
    assert made(client).made_with == ("my-env", {"memory": "1g", "port": 5})
    assert client.patience == 7
    assert client._session.recipe.message_timeout_s == 3.0


def test_the_local_engine_is_what_runs_images() -> None:
    provider = made(GenericEnvClient.from_docker_image("my-env", env_vars={"A": "1"}, port=8001))
    assert isinstance(provider, DockerProvider)
    assert (provider.image, provider.env_vars, provider.port) == ("my-env", {"A": "1"}, 8001)
    assert provider.container_id is None
    assert provider.log == ()
    provider.stop()


def test_an_option_that_nobody_takes_is_refused() -> None:
    with pytest.raises(TypeError, match="memroy"):
        GenericEnvClient.from_docker_image("my-env", memroy="1g")


def test_a_deployed_provider_starts_the_image() -> None:
    deployed = DeployedRunner()
    provider = made(GenericEnvClient.from_docker_image("my-env", deployed, port=8001))
    assert provider.start() == "http://localhost:2"
    provider.stop()
    assert deployed.calls == [("my-env", 8001, None), "http://localhost:2", "stop"]
    assert made(GenericEnvClient.from_docker_image("my-env", DeployedRunner)).start() == "http://localhost:2"


def test_a_provider_that_is_made_already_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="DockerProvider does not run images") as caught:
        GenericEnvClient.from_docker_image("my-env", DockerProvider("other"))
    assert caught.value.hint is not None
    assert "goes to the client itself" in caught.value.hint


def test_no_container_no_lines() -> None:
    with pytest.raises(ConfigurationError, match="no container of my-env runs"):
        DockerProvider("my-env").follow()


def test_an_owner_is_gone_when_its_process_is() -> None:
    code = "import sys; from openenv.providers.owner import Owner; print(Owner.here(), flush=True); sys.stdin.read()"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True, env=environ) as process:
        assert process.stdout is not None
        owner = Owner.parse(process.stdout.readline().strip())
        assert owner is not None
        assert owner.pid == process.pid
        assert not owner.is_gone
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert owner.is_gone  # while it is a zombie
    assert owner.is_gone


def test_an_owner_whose_id_another_process_has_now_is_gone() -> None:
    here = Owner.here()
    assert not here.is_gone
    assert Owner(here.realm, here.pid, "1 in another life").is_gone


@pytest.mark.parametrize("realm", ["another-machine", "another-boot/pid:[4026531836]"])
def test_an_owner_that_cannot_be_seen_is_never_gone(realm: str) -> None:
    assert not Owner(realm, 2**22 + 1, "1").is_gone


@pytest.mark.parametrize("text", ["", "realm", "realm pid started", "somebody else's label"])
def test_what_is_no_owner_is_told(text: str) -> None:
    assert Owner.parse(text) is None
