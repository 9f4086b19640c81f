"""A Hub for every test of this folder that asks for one, the command line, and an environment to push."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import importable_everywhere, openenv  # noqa: F401
from support.hub import hub, hub_server, waits  # noqa: F401

from openenv.providers.process import ProcessProvider

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture(scope="session")
def echo() -> Iterator[str]:
    """The address of a server of echo_env, to stand behind Spaces."""
    provider = ProcessProvider.for_project(ECHO)
    yield provider.start()
    provider.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of echo_env."""
    left_out = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    return shutil.copytree(ECHO, tmp_path / "echo-env", ignore=left_out)
