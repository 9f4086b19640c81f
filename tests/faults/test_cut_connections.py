"""The socket is cut at every frame of an episode, on both ways: every step runs exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from support.puppets import AsyncPuppet, InlinePuppet, Puppet, PuppetAction, PuppetObservation, journal
from support.serving import Served, serving
from support.stubborn import StubbornClient
from support.tcp_proxy import Cut, cutting
from support.wire import code_of

from openenv.client import EnvClient
from openenv.errors import InvalidActionError
from openenv.types import State

STEPS = 3
UP = 1 + 1 + STEPS + 1 + 1  # open, reset, steps, one that is refused, state
DOWN = UP  # each has one answer
WAYS = [("up", frame) for frame in range(UP)] + [("down", frame) for frame in range(DOWN)]
PARTS = ["before", "middle", "after"]
SERVERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "thread": (Puppet, {"isolation": "thread"}),
    "inline": (InlinePuppet, {}),
    "async": (AsyncPuppet, {}),
    "process": (Puppet, {"isolation": "process"}),
}


def served_puppets(place: str) -> Iterator[Served]:
    kind, settings = SERVERS[place]
    with serving(kind, limits={"evict_after_s": 0.0}, **settings) as server:
        yield server


@pytest.fixture(scope="module", params=SERVERS)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    yield from served_puppets(request.param)


@pytest.fixture(scope="module", params=["thread", "inline"])
def in_server(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Where the server itself can be looked into; to the client all places are the same."""
    yield from served_puppets(request.param)


def play(client: StubbornClient) -> int:
    """Play an episode and check every answer; returns the puppet's number."""
    client.open()
    first = client.request("reset", {"seed": 10})["data"]["observation"]
    assert (first["total"], first["steps"]) == (10, 0)
    total = 10
    for number in range(1, STEPS + 1):
        total += number
        reply = client.step(amount=number, name=f"step {number}")["data"]
        seen = reply["observation"]
        assert (seen["steps"], seen["total"], seen["heard"]) == (number, total, f"step {number}")
        assert (seen["puppet"], seen["pid"], reply["reward"]) == (first["puppet"], first["pid"], number)
    assert code_of(client.step("raise", name="refused")) == "INVALID_ACTION"
    assert client.request("state")["data"]["step_count"] == STEPS
    return int(first["puppet"])


def assert_ran_once(served: Served, puppet: int, looks: int = 1) -> None:
    if served.service.settings.place != "process":  # those keep their journal to themselves
        journal.await_close(puppet)
        assert journal.of(puppet) == ["init", "reset", *["step"] * (STEPS + 1), *["state"] * looks, "close"]


@pytest.mark.parametrize(("way", "frame"), WAYS)
def test_wherever_the_socket_is_cut_every_request_runs_once(served: Served, way: str, frame: int) -> None:
    for part in PARTS:
        cut = Cut(way, frame, part)
        with cutting(served.address, cut) as proxy:
            client = StubbornClient(proxy.ws)
            puppet = play(client)
            assert cut.done == 1
            client.close()
            assert_ran_once(served, puppet)
            client.leave()


@pytest.mark.parametrize("part", PARTS)
def test_a_socket_that_is_cut_after_every_reply_costs_time_only(served: Served, part: str) -> None:
    cut = Cut("down", 2 if part == "before" else 1, "before" if part == "before" else "after", each=True)
    if part == "middle":
        cut = Cut("down", 2, "middle", each=True)
    with cutting(served.address, cut) as proxy:
        client = StubbornClient(proxy.ws)
        puppet = play(client)
        assert client.sockets > STEPS
        client.close()
        assert_ran_once(served, puppet)
        client.leave()


@pytest.mark.parametrize("part", PARTS)
def test_a_close_that_is_cut_off_ends_the_session_when_it_is_sent_again(served: Served, part: str) -> None:
    with cutting(served.address, Cut("up", UP, part)) as proxy:
        client = StubbornClient(proxy.ws)
        puppet = play(client)
        client.close()
        assert_ran_once(served, puppet)
        client.leave()


# The real client


class PuppetEnv(EnvClient[PuppetAction, PuppetObservation, State]):
    """Needs no body."""


@pytest.mark.parametrize(("way", "frame"), [one for one in WAYS if one[1] > 0])
def test_the_real_client_does_not_let_its_caller_notice(in_server: Served, way: str, frame: int) -> None:
    for part in ("middle", "after"):
        cut = Cut(way, frame, part)
        with cutting(in_server.address, cut) as proxy:
            puppet = asyncio.run(play_with_the_real_client(proxy.address))
            assert cut.done == 1
        assert_ran_once(in_server, puppet, looks=2)


async def play_with_the_real_client(address: str) -> int:
    async with PuppetEnv(f"http://{address}") as env:
        puppet = (await env.reset(seed=10)).observation.puppet
        for number in range(1, STEPS + 1):
            result = await env.step(PuppetAction(amount=number))
            assert (result.observation.steps, result.reward) == (number, number)
        with pytest.raises(InvalidActionError):
            await env.step(PuppetAction(do="raise", name="refused"))
        for _ in range(2):  # the first may be the last that got through: leaving then would end nothing
            assert (await env.state()).step_count == STEPS
    return puppet
