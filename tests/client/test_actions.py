"""What a step takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from scripted import Peer, Total, in_loop, scripted

from openenv.client import EnvClient, GenericEnvClient
from openenv.errors import RequestValidationError
from openenv.types import Action, State


class Look(Action):
    at: str = ""


class Walk(Action):
    to: str = ""


@dataclass
class Trip:
    to: str


class Traveller(EnvClient[Walk, Total, State]):
    """Walks, and does nothing else."""


class Anybody(EnvClient[Any, Total, State]):
    """Takes any action."""


@pytest.mark.parametrize(
    ("client", "action", "words", "hint"),
    [
        (Traveller, "look", r"step takes Walk\(…\) or a dict, not str", "its fields are to"),
        (Traveller, None, "not NoneType", "its fields are to"),
        (Traveller, ["to", "here"], "not list", "its fields are to"),
        (Traveller, Walk, "not the class Walk", "its fields are to"),
        (Traveller, Look(), r"step takes Walk\(…\) or a dict, not Look", "its fields are to"),
        (
            Anybody,
            "look",
            "step takes a dict or a model, not str",
            "/schema of the server says what an action may hold",
        ),
        (GenericEnvClient, 5, "step takes a dict or a model, not int", "/schema of the server"),
    ],
)
@in_loop
async def test_what_is_no_action_is_refused_in_words_of_the_environment(
    client: Any, action: Any, words: str, hint: str
) -> None:
    async with scripted(lambda peer: peer.greet()) as stage, client(stage.url) as env:
        with pytest.raises(RequestValidationError, match=words) as caught:
            await env.step(action)
        assert hint in str(caught.value.hint)


@pytest.mark.parametrize("action", [Walk(to="x"), type("Walk", (Look,), {})(), {"to": "x"}, Trip(to="x")])
@in_loop
async def test_actions_are_taken_in_every_form_that_says_what_to_do(action: Any) -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.answer(total=4)

    async with scripted(only) as stage, Traveller(stage.url) as env:
        assert (await env.step(action)).observation.total == 4
