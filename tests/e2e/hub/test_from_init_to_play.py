"""From nothing to an environment that somebody else plays by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Person

PLAY = """
import json, sys
from openenv import AutoAction, AutoEnv, ProcessProvider

space, how = sys.argv[1:]
options = {"here": {"provider": ProcessProvider}, "there": {"use_docker": False}}[how]
env = AutoEnv.from_hub(space, **options)
with env as client:
    action = AutoAction.from_hub(space, **options)
    client.reset()
    result = client.step(action(message="hello"))
    print(json.dumps({
        "revision": client.revision,
        "class": type(env).__name__,
        "observation": result.observation.model_dump(include={"message", "length"}),
        "imported": sorted(name for name in sys.modules if name.startswith("my_env")),
    }))
"""
OFFLINE = {"HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1"}


@pytest.fixture(scope="module")
def pushed(author: Person) -> dict[str, Any]:
    """What ``openenv push`` says of an environment as ``openenv init`` makes it, once it runs."""
    author.openenv("init", "my-env")
    report = json.loads(author.openenv("push", "my-env", "--json").stdout)
    assert isinstance(report, dict)
    return report


def played(player: Person, space: str, how: str, **variables: str) -> Any:
    return player.python(PLAY, space, how, **variables)


def test_somebody_else_plays_it_where_it_runs(pushed: dict[str, Any], author: Person, player: Person) -> None:
    story = played(player, f"{author.name}/my-env", "there")

    assert story.pop("revision") == pushed["commit"]
    assert story == {"class": "MyEnv", "observation": {"message": "hello", "length": 5}, "imported": []}


def test_somebody_else_plays_it_in_a_process_and_later_without_a_network(
    pushed: dict[str, Any], author: Person, player: Person
) -> None:
    first = played(player, f"{author.name}/my-env", "here")
    second = played(player, f"{author.name}/my-env", "here", **OFFLINE)

    assert first["revision"] == pushed["commit"]
    assert first["observation"] == {"message": "hello", "length": 5}
    assert second == first


def test_what_runs_there_keeps_the_protocol(pushed: dict[str, Any], player: Person) -> None:
    report = json.loads(player.openenv("validate", pushed["url"], "--json").stdout)

    assert report["verdict"] == "passed"
