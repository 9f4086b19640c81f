"""Finding Spaces, and saying what they are, on the command line."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd
from support.hub import HubUser
from support.puppets import PATIENCE_S
from support.serving import Served, serving
from support.walks import Walk


@pytest.fixture(scope="module")
def walks() -> Iterator[Served]:
    with serving(Walk, max_sessions=4) as served:
        yield served


def push(hub: HubUser, space: str, tags: str, about: str = "Walk to an end.") -> None:
    readme = f"---\ntitle: Something\nsdk: docker\ntags: {tags}\nshort_description: {about}\n---\n"
    files = {"README.md": readme.encode(), "Dockerfile": b"FROM scratch\n"}
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    hub.api.create_commit(space, operations, commit_message="Push", repo_type="space")


@pytest.fixture
def space(hub: HubUser, walks: Served) -> str:
    """A private Space that runs."""
    found = hub.space("walk-env", private=True)
    hub.server.plan(found, server=walks.url)
    push(hub, found, "[openenv]")
    hub.api.wait_for_space(found, timeout=PATIENCE_S, poll_interval=0.01)
    return found


def test_lists_spaces_that_are_tagged_and_fit_the_words(openenv: Any, hub: HubUser, space: str) -> None:
    push(hub, hub.space("walk-shoes"), "[shop]")
    push(hub, hub.space("chess"), "[openenv]", "Play chess.")

    ran = openenv("list", "--hub", "walk")
    documents = openenv("list", "--hub", f"{hub.name}/walk", "--json").document["spaces"]

    assert (ran.code, ran.err) == (0, "")
    assert [re.split(" {2,}", line.strip()) for line in ran.out.splitlines()[1:] if hub.name in line] == [
        [space, "running, private", "Walk to an end."]
    ]
    assert [{**each, "updated": None} for each in documents] == [
        {
            "repo_id": space,
            "description": "Walk to an end.",
            "stage": "RUNNING",
            "private": True,
            "likes": 0,
            "updated": None,
        }
    ]


def test_says_where_there_is_none(openenv: Any, hub: HubUser) -> None:
    ran = openenv("list", "--hub", "nothing-is-called-so")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "the Hub finds no Space that is tagged openenv for 'nothing-is-called-so'\n"


def test_a_hub_that_does_not_answer_is_missing(openenv: Any, hub: HubUser, waits: list[float]) -> None:
    hub.server.add_fault("GET /api/spaces", 503)

    ran = openenv("list", "--hub", "walk", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (3, "HubUnavailableError")
    assert "503" in ran.err
    assert waits == []


@pytest.fixture
def nowhere(hub: HubUser, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where the Hub would be, if anybody accepted connections there."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{bound.getsockname()[1]}")
        yield bound


def test_without_a_network_spaces_are_looked_for_once(openenv: Any, nowhere: socket.socket, waits: list[float]) -> None:
    ran = openenv("list", "--hub", "walk", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (3, "HubUnavailableError")
    assert "check the network" in ran.document["error"]["hint"]
    assert waits == []


def test_a_silent_hub_is_not_waited_for_without_end(
    openenv: Any, nowhere: socket.socket, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere.listen()
    monkeypatch.setattr("openenv.hub.search._ASK_S", 0.01)

    ran = openenv("list", "--hub", "walk", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (3, "HubUnavailableError")


def test_a_space_is_described_where_it_runs(openenv: Any, space: str) -> None:
    ran = openenv("info", space)

    assert ran.code == 0
    assert ran.out.startswith("Walk\n")
    assert f"asked: {space}\n" in ran.out
    assert "WalkAction (action)\n" in ran.out


def test_a_client_of_a_space_is_written_without_any_of_its_code(
    openenv: Any, space: str, walks: Served, tmp_path: Path
) -> None:
    ran = openenv("client", space, "-o", "walking.py")

    assert ran.code == 0
    assert (tmp_path / "walking.py").read_text(encoding="utf-8").startswith(f"# Made by: openenv client {space}\n")
    program = "import sys; from walking import WalkEnv\nwith WalkEnv(sys.argv[1]) as env: print(env.reset(seed=1).done)"
    played = subprocess.run([sys.executable, "-c", program, walks.url], cwd=tmp_path, capture_output=True, text=True)
    assert (played.stdout, played.returncode) == ("False\n", 0), played.stderr
