"""The Hub of the tests, where it really installs and runs what was pushed; no index is asked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import pytest
from hub_server.server import HubServer
from huggingface_hub import CommitOperationAdd
from support.hub import HubUser, send_there
from support.puppets import PATIENCE_S
from support.tiny_wheels import write_project, write_wheel

# How the client sends large files without Xet is deprecated by the HTTP library that it uses.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

# In the place of the web server that a real project needs: tells the variables of its process.
UVICORN = """
import http.server, json, os, socketserver

class Teller(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class Config:
    def __init__(self, app, **options):
        __import__(app.partition(":")[0])

class Server:
    def __init__(self, config):
        pass
    def run(self, sockets):
        server = socketserver.TCPServer(sockets[0].getsockname(), Teller, bind_and_activate=False)
        server.socket = sockets[0]
        print("teller starts", flush=True)
        server.serve_forever()
"""
INSTALLING_S = 4 * PATIENCE_S
BESIDE = {"README.md": "---\nsdk: docker\n---\n", "Dockerfile": "FROM scratch\n"}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A user of a Hub that runs what is pushed."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    with HubServer(tmp_path / "hub", runs=True) as server:
        user = HubUser.registered(server)
        send_there(monkeypatch, server.url, user.token, tmp_path / "hf-home")
        yield user


@pytest.fixture
def push(hub, tmp_path):
    """Pushes a project of a few lines, with what it is to hold besides; gives the Space, once its build has ended."""
    root = write_project(tmp_path / "game", "uvicorn")
    write_wheel(root / "wheels", "uvicorn", module=UVICORN)
    space = hub.space("game", space_variables=[{"key": "GREETING", "value": "hello"}])
    hub.api.add_space_secret(space, "API_KEY", "very-secret")

    def run(**files):
        for path, text in (BESIDE | files).items():
            (root / path).write_text(text, encoding="utf-8")
        operations = [
            CommitOperationAdd(path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file()
        ]
        hub.api.create_commit(space, operations, commit_message="Push", repo_type="space")
        hub.api.wait_for_space(space, timeout=INSTALLING_S, poll_interval=0.02)
        return space

    return run


def asked(hub, space):
    return httpx.get(hub.api.space_info(space).host, trust_env=False, timeout=PATIENCE_S).json()


def log_of(hub, space, *, build):
    return "".join(hub.api.fetch_space_logs(space, build=build, follow=build))


def test_what_was_pushed_is_installed_and_runs_with_the_variables_of_the_space(hub, push):
    space = push()

    assert hub.api.get_space_runtime(space).stage == "RUNNING"
    variables = asked(hub, space)
    assert (variables["GREETING"], variables["API_KEY"], variables["SPACE_ID"]) == ("hello", "very-secret", space)
    assert "HF_TOKEN" not in variables
    assert "--> Installed game, " in log_of(hub, space, build=True)

    hub.api.add_space_variable(space, "GREETING", "good day")
    hub.api.wait_for_space(space, timeout=PATIENCE_S, poll_interval=0.02)
    assert asked(hub, space)["GREETING"] == "good day"


def test_what_cannot_be_installed_is_a_failed_build_with_the_installers_log(hub, push):
    space = push(**{"backend.py": "raise RuntimeError('no gravity')\n"})

    assert hub.api.get_space_runtime(space).stage == "BUILD_ERROR"
    assert "no gravity" in log_of(hub, space, build=True)


def test_what_does_not_start_is_a_runtime_error_with_its_log(hub, push):
    space = push(**{"game.py": "raise RuntimeError('no dice')\n"})

    assert hub.api.get_space_runtime(space).stage == "RUNTIME_ERROR"
    assert "no dice" in log_of(hub, space, build=False)
