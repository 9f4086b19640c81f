"""Several processes behind one port: a session cannot be found again, so nothing pretends that it could."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from support.processes import TESTS
from support.puppets import PATIENCE_S
from support.wire import code_of, v1, v2

from openenv.server.workers import several_workers


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers") / "server.log"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[str]:
    """Serve with uvicorn's own command and two workers."""
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("wb") as output:
        options = ["--workers", "2", "--fd", str(listening.fileno()), "--app-dir", str(TESTS)]
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "support.served_app:app", *options],
            pass_fds=[listening.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stderr=output,
            stdout=output,
        )
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        server.terminate()
        server.wait(PATIENCE_S)


def test_sessions_over_http_are_switched_off(address: str) -> None:
    with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=PATIENCE_S) as http:
        headers = {"X-OpenEnv-Session": "x"}
        answers = [
            http.post("/sessions"),
            http.post("/sessions/x/reset", headers=headers),
            http.post("/sessions/x/step", json={"action": {}}, headers=headers),
            http.get("/sessions/x", headers=headers),
            http.get("/sessions/x/state", headers=headers),
            http.delete("/sessions/x", headers=headers),
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(501, "SESSION_ERROR")}
        assert http.post("/reset").status_code == 200
        assert http.get("/ready").status_code == 200


def test_a_socket_is_played_but_its_session_is_not_kept(address: str) -> None:
    with v2(f"ws://{address}/ws") as client:
        session = client.open().session
        assert session["resume_window_s"] == 0
        assert client.reset()["type"] == "observation"
        client.cut()
    with v2(f"ws://{address}/ws") as again:
        assert code_of(again.resume(session)) == "SESSION_NOT_FOUND"
        assert again.ending() == ([], 1008)


def test_deployed_clients_notice_nothing(address: str) -> None:
    with v1(f"ws://{address}/ws") as client:
        assert client.ask({"type": "reset"})["type"] == "observation"
        assert client.ask({"type": "step", "data": {"amount": 2}})["data"]["observation"]["total"] == 2


def test_the_log_says_so(address: str, log: Path) -> None:
    with v1(f"ws://{address}/ws") as client:
        client.ask({"type": "state"})
    assert "several workers share this port" in log.read_text(encoding="utf-8")


def test_a_server_of_its_own_is_no_worker() -> None:
    assert several_workers() is False


def test_a_configuration_that_lies_around_makes_no_worker() -> None:
    config = uvicorn.Config("support.served_app:app", workers=4)

    assert (config.workers, several_workers()) == (4, False)
