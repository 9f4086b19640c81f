"""What ``openenv init`` of 0.10.0 makes is played from the Hub by its name, beside our package and not with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hub import HubUser, hub, hub_server  # noqa: F401

from openenv import AutoEnv, GenericEnvClient, ProcessProvider
from openenv.providers.virtual_env import cache


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install it once, in the version that is compared with, and with what pip has downloaded before."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "constraints.txt").write_text("openenv==0.10.0\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "cache", "dir"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CACHE_DIR", subprocess.run(pip, capture_output=True, text=True, check=True).stdout.strip())
        patch.setenv("PIP_CONSTRAINT", str(folder / "constraints.txt"))
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield


@pytest.fixture
def space(hub: HubUser, project: Path) -> str:  # noqa: F811
    """A Space of what the peer's ``init`` has made."""
    space = hub.space("my_env")
    hub.api.upload_folder(folder_path=project, repo_id=space, repo_type="space", ignore_patterns=["uv.lock"])
    return space


def test_it_is_played_with_a_client_that_needs_none_of_its_code(space: str) -> None:
    with AutoEnv.from_hub(space, provider=ProcessProvider) as env:
        env.reset()
        result = env.step({"message": "hello"})
        assert type(result.observation).__name__ == "MyObservation"
        assert (result.observation.echoed_message, result.observation.message_length) == ("hello", 5)
        assert env.state().step_count == 1
    assert not [name for name in sys.modules if name.startswith("my_env")]


def test_its_own_client_runs_on_our_runtime_where_it_is_trusted(space: str) -> None:
    with AutoEnv.from_hub(space, provider=ProcessProvider, trust_remote_code=True) as env:
        kind = type(env.async_client)
        assert kind.__name__ == "MyEnv"
        assert kind.__module__.startswith("_openenv_my_env_")
        env.reset()
        action = sys.modules[kind.__module__].MyAction(message="hello")
        assert env.step(action).observation.echoed_message == "hello"


def test_its_server_has_its_own_runtime_and_none_of_ours(space: str) -> None:
    with GenericEnvClient.from_hub(space, provider=ProcessProvider) as env:
        env.reset()
    (home,) = (path for path in cache().iterdir() if path.is_dir())
    names = {path.name.partition("-")[0] for path in home.glob("venv/lib/python*/site-packages/*.dist-info")}
    assert "openenv" in names
    assert "openenv_kit" not in names
