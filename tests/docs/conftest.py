"""A Hub for the pages that are played on one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server.server import HubServer
from huggingface_hub import HfApi
from support.hub import environment, hub_server  # noqa: F401

from openenv.providers.process import ProcessProvider

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture
def hub_of_you(
    hub_server: HubServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[None]:
    """Signs this process, and those that it starts, in as ``you``; behind ``you/my-env`` stands an echo environment."""
    token, _ = hub_server.call(lambda hub: hub.accounts.add_user("you"))
    for name, value in environment(hub_server.url, token, tmp_path / ".hf-home").items():
        monkeypatch.setenv(name, value)
    provider = ProcessProvider.for_project(ECHO)
    hub_server.plan("you/my-env", server=provider.start(), pace_s=0.05)
    yield
    HfApi(hub_server.url, token).delete_repo("you/my-env", repo_type="space", missing_ok=True)
    provider.stop()
