"""What a step takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from scripted import Peer, Total, in_loop, scripted
from support.puppets import Puppet, PuppetAction, PuppetObservation
from support.serving import serving

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


class Marionette(EnvClient[PuppetAction, PuppetObservation, State]):
    """Plays puppets."""


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


@pytest.mark.parametrize("name", ["timeout", "time_out_s", "timeout_seconds", "tiemout_s"])
def test_a_limit_of_time_by_another_name_is_refused_and_not_ignored(name: str) -> None:
    misspelt: dict[str, Any] = {name: 1.0}
    with serving(Puppet) as served:
        bare = Marionette(served.url)
        with Marionette(served.url) as env:
            env.reset()
            for step in (env.step, bare.step):
                with pytest.raises(
                    RequestValidationError, match=f"no option '{name}'; did you mean 'timeout_s'"
                ) as caught:
                    step(PuppetAction(), **misspelt)
                assert "in seconds" in str(caught.value.hint)


@in_loop
async def test_a_limit_of_time_by_another_name_is_refused_in_a_loop_too() -> None:
    async with scripted(lambda peer: peer.greet()) as stage, Traveller(stage.url) as env:
        with pytest.raises(RequestValidationError, match="did you mean 'timeout_s'"):
            await env.step(Walk(), timeout=1)


def test_what_existing_code_gives_to_step_besides_is_not_sent() -> None:
    with serving(Puppet) as served, Marionette(served.url) as env:
        env.reset()
        assert env.step(PuppetAction(amount=2), time_step=3, render=True).observation.total == 2
