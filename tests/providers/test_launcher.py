"""Servers in another interpreter than ours, which need not have this package."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.processes import Fifo

from openenv.errors import ServerStartError
from openenv.providers import ProcessProvider

ROOT = Path(__file__).parents[2]
NEEDED = ("uvicorn", "h11", "click", "websockets", "typing_extensions")
APP = """
import json, os, sys

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    said = {"prefix": sys.prefix, "ours": "openenv" in sys.modules, "path": sys.path, "variables": dict(os.environ)}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has uvicorn, and not this package."""
    home = tmp_path_factory.mktemp("foreign") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    for name in NEEDED:
        spec = find_spec(name)
        assert spec is not None
        places = spec.submodule_search_locations
        found = Path(places[0]) if places else Path(str(spec.origin))
        (site / found.name).symlink_to(found)
    return home / "bin" / "python"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "plain.py").write_text(APP, encoding="utf-8")
    # What would be imported from beside the launcher, had it a chance.
    (folder / "broken.py").write_text("import docker", encoding="utf-8")
    return folder


def asked(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as answer:
        return dict(json.load(answer))


@pytest.fixture
def said(folder: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    for name in ("HF_TOKEN", "OPENENV_API_KEY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    provider = ProcessProvider("plain:app", app_dir=folder, python=python, env_vars={"LEVEL": "2"})
    yield asked(provider.start())
    provider.stop()
    assert provider.exit_code == -signal.SIGTERM  # which uvicorn hands on once it has shut down


def test_it_is_served_with_what_that_interpreter_has(said: dict[str, Any], python: Path, folder: Path) -> None:
    assert said["prefix"] == str(python.parent.parent)
    assert said["ours"] is False
    assert said["path"][0] == str(folder)
    assert not [entry for entry in said["path"] if entry.startswith(str(ROOT))]


def test_it_gets_the_variables_that_are_for_it_and_no_secret_of_the_user(said: dict[str, Any]) -> None:
    variables = said["variables"]
    assert variables["LEVEL"] == "2"
    assert variables["PATH"] == os.environ["PATH"]
    assert not {"HF_TOKEN", "OPENENV_API_KEY", "PYTHONPATH"} & variables.keys()
    assert "secret" not in variables.values()


def test_where_our_package_is_installed_its_server_runs_it(folder: Path) -> None:
    """As for the projects of our own, whose virtual environments hold the runtime that they bring."""
    provider = ProcessProvider("plain:app", app_dir=folder, python=sys.executable)
    assert asked(provider.start())["ours"] is True
    provider.stop()


def test_what_is_wrong_with_it_is_told(folder: Path, python: Path) -> None:
    with pytest.raises(
        ServerStartError, match="ended with exit status 1: ModuleNotFoundError: No module named 'docker'"
    ):
        ProcessProvider("broken:app", app_dir=folder, python=python).start()


def test_it_ends_with_whoever_started_it_even_if_that_is_killed(folder: Path, python: Path, tmp_path: Path) -> None:
    holding = "import os\nheld = open(os.environ['FIFO'], 'w')\nheld.write('held')\nheld.flush()\n"
    (folder / "holding.py").write_text(f"{holding}{APP}", encoding="utf-8")
    script = (
        "import os, signal, sys\n"
        "from openenv.providers import ProcessProvider\n"
        "app, python, fifo = sys.argv[1:]\n"
        "provider = ProcessProvider('holding:app', app_dir=app, python=python, env_vars={'FIFO': fifo})\n"
        "provider.start()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with closing(Fifo(tmp_path / "fifo")) as fifo:
        command = [sys.executable, "-c", script, str(folder), str(python), fifo.path]
        killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert fifo.read() == "held"
        assert fifo.read() == ""  # nobody holds it any more
