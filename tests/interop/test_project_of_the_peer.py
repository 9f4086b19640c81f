"""What ``openenv init`` of 0.10.0 makes is served, played and validated here, unchanged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sides import PATIENCE_S, Side

CLIENTS = ["async-generated", "sync-generated"]


@pytest.fixture(scope="module")
def expected(peer: Side, project: Path) -> Iterator[dict[str, list[Any]]]:
    """What its own client sees on the peer's server."""
    episodes = {}
    for what in CLIENTS:  # It takes one session, which the peer frees a moment after the client has left.
        with peer.serve("server.app:app", project) as url:
            episodes[what] = peer.play(what, url, project)
    return episodes


@pytest.fixture
def served(ours: Side, project: Path) -> Iterator[str]:
    """The project under ``openenv serve``."""
    command = [ours.python, "-m", "openenv_cli", "serve", str(project), "--port", "0"]
    with subprocess.Popen(
        command, env=ours.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("what", CLIENTS)
def test_its_client_under_the_peer_plays_on_our_server(
    what: str, peer: Side, served: str, project: Path, expected: Any
) -> None:
    assert peer.play(what, served, project) == expected[what]


@pytest.mark.parametrize("what", CLIENTS)
def test_its_client_under_our_runtime_plays_on_our_server(
    what: str, ours: Side, served: str, project: Path, expected: Any
) -> None:
    assert ours.play(what, served, project) == expected[what]


@pytest.mark.parametrize("what", CLIENTS)
def test_its_client_under_our_runtime_plays_on_the_server_of_the_peer(
    what: str, ours: Side, peer: Side, project: Path, expected: Any
) -> None:
    with peer.serve("server.app:app", project) as url:
        assert ours.play(what, url, project) == expected[what]


UNSAID = {"S022", "B012", "B016", "B017", "B019", "B020", "B021", "B022", "B023", "B024"}


def test_what_is_true_of_it_is_found_and_it_is_left_as_it_was(ours: Side, project: Path) -> None:
    before = digest(project)
    report = json.loads(ours.run("-m", "openenv_cli", "validate", str(project), "--json"))

    assert failed(report) == {
        "S016": ["it names no USER: it runs as root, unless the base image says otherwise"],
        "S017": ["it builds on ghcr.io/huggingface/openenv-base:latest, whichever that is today"],
        "S019": ["'COPY . /app/env' would copy secrets (.env), the history (.git), a virtual environment (.venv) too"],
    }
    assert report["verdict"] == "passed"
    assert digest(project) == before


def test_its_own_server_is_blamed_for_nothing_but_what_is_true_of_it(ours: Side, peer: Side, project: Path) -> None:
    with peer.serve("server.app:app", project) as url:
        report = json.loads(ours.run("-m", "openenv_cli", "validate", url, "--json"))

    # It hangs up on frames that are no objects: a JSON array, a number, bytes.
    assert {id_: len(messages) for id_, messages in failed(report).items()} == {"W004": 3}
    assert report["verdict"] == "passed"
    reasons = {check["reason"] for check in report["checks"] if check["status"] == "not checked"}
    assert {"the server speaks v1 only", "the target is a URL: there is no project"} < reasons


def failed(report: dict[str, Any]) -> dict[str, list[str]]:
    """The findings of each check that failed."""
    return {
        check["id"]: [finding["message"] for finding in check["findings"]]
        for check in report["checks"]
        if check["status"] == "failed"
    }


def test_its_server_is_blamed_for_what_is_true_only(ours: Side, peer: Side, project: Path) -> None:
    with peer.serve("server.app:app", project) as url:
        report = json.loads(ours.run("-m", "openenv_cli", "validate", url, "--json"))

    # True: a frame that is no object ends the session without a word.
    assert [check["id"] for check in report["checks"] if check["status"] == "failed"] == ["W004"]
    passed = {check["id"] for check in report["checks"] if check["status"] == "passed"}
    assert {"B001", "B002", "B004", "B005", "B008", "B010", "B011", "B013", "B014", "B015"} <= passed


def digest(folder: Path) -> dict[str, str]:
    """Every file with its content; what Python compiles beside it is not part of it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}
