"""A Hub that really installs and runs what is pushed, and users of it in processes of their own.

What is installed comes from the package index. ``make e2e-hub`` runs these tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hub_server.server import HubServer
from support.hub import HubUser, environment

ROOT = Path(__file__).parents[3]
PATIENCE_S = 300


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in to the Hub, with a folder to work in.

    Attributes:
        name: Their name on the Hub.
        folder: Where they work.
        variables: What is beyond the environment variables of the tests in those of their processes.
    """

    name: str
    folder: Path
    variables: dict[str, str] = field(repr=False)

    def openenv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it has to succeed."""
        return self._run(["-m", "openenv_cli", *arguments])

    def python(self, script: str, *arguments: str, **variables: str) -> Any:
        """Run a script in a process of its own, and return what it prints last, as JSON."""
        return json.loads(self._run(["-c", script, *arguments], **variables).stdout.splitlines()[-1])

    def _run(self, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ran.returncode == 0, f"{command} ended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where virtual environments are kept; what pip has downloaded before is used."""
    pip = [sys.executable, "-m", "pip", "cache", "dir"]
    downloaded = subprocess.run(pip, capture_output=True, text=True, check=True).stdout.strip()
    return {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "PIP_CACHE_DIR": downloaded}


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, cache: dict[str, str]) -> Iterator[HubServer]:
    """The Hub."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cache.items():
            patch.setenv(name, value)
        with HubServer(tmp_path_factory.mktemp("hub"), runs=True) as server:
            yield server


@pytest.fixture(scope="session")
def author(hub: HubServer, cache: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Who makes environments."""
    return _person(hub, cache, tmp_path_factory.mktemp("author"))


@pytest.fixture(scope="session")
def player(hub: HubServer, cache: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Who plays them."""
    return _person(hub, cache, tmp_path_factory.mktemp("player"))


def _person(hub: HubServer, cache: dict[str, str], folder: Path) -> Person:
    user = HubUser.registered(hub)
    return Person(user.name, folder, {**cache, **environment(hub.url, user.token, folder / "hf-home")})
