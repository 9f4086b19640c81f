"""``openenv info``: what an environment is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.serving import serving
from support.walks import Walk

from openenv import GenericEnvClient

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Walk, max_sessions=4) as served:
        yield served.url


def test_shows_what_an_environment_takes_and_gives(openenv: Any, url: str) -> None:
    ran = openenv("info", url)

    assert (ran.code, ran.err) == (0, f"asking {url} …\n")
    shown = ran.out.splitlines()
    assert shown[:5] == [
        "Walk",
        "Begins where the seed says; the right end earns 1, the left one -1, a step nothing.",
        "seeds: reset takes one",
        "sessions: 0 of 4 are taken",
        f"asked: {url}",
    ]
    assert shown[6:10] == [
        "WalkAction (action)",
        "  field   type            default   description",
        "  side    Literal[-1, 1]  required  -1 is left, 1 is right",
        '  remark  str             ""',
    ]
    assert "WalkObservation (observation)" in shown
    assert shown[-1].startswith('example action: {"side": ')


def test_the_sessions_of_a_full_server_are_shown_and_none_is_taken(openenv: Any) -> None:
    with serving(Walk, max_sessions=1) as served, GenericEnvClient(served.url).sync():
        ran = openenv("info", served.url, "--json")

    assert ran.code == 0
    assert (ran.document["capacity"]["active_sessions"], ran.document["capacity"]["max_sessions"]) == (1, 1)


def test_prints_all_that_the_server_says_as_one_document(openenv: Any, url: str) -> None:
    said = openenv("info", url, "--json", "--quiet").document

    assert list(said) == ["target", "metadata", "capacity", "example_action", "schemas"]
    assert (said["target"], said["metadata"]["name"]) == (url, "Walk")
    assert set(said["schemas"]) == {"action", "observation", "state"}
    assert said["example_action"]["side"] in (-1, 1)


def test_the_project_here_is_the_default(openenv: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ECHO)

    ran = openenv("info", "--quiet")

    assert ran.code == 0
    assert ran.out.startswith("echo-env 0.1.0\nSays back what it is told.\n")
    assert "EchoState (state)\n  no fields of its own\n" in ran.out


def test_what_is_nothing_is_wrong_usage(openenv: Any) -> None:
    ran = openenv("info")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
