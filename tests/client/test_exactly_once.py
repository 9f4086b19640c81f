"""A connection that is cut at any frame of an episode: every step runs exactly once, and the caller does not notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cutting import Where, cutting
from scripted import in_loop
from support.puppets import InlinePuppet, Puppet, PuppetAction, PuppetObservation, journal
from support.serving import Served, serving

from openenv.client import EnvClient
from openenv.errors import InvalidActionError
from openenv.types import State

STEPS = 3
FRAMES = 1 + 1 + STEPS + 1 + 1  # open, reset, steps, one that is refused, state


class PuppetEnv(EnvClient[PuppetAction, PuppetObservation, State]):
    """Needs no body."""


@pytest.fixture(scope="module", params=[Puppet, InlinePuppet])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with serving(request.param) as server:
        yield server


@pytest.mark.parametrize("where", list(Where), ids=lambda where: where.value)
@pytest.mark.parametrize("frame", range(1, FRAMES))
@in_loop
async def test_wherever_it_is_cut_the_episode_is_the_same(served: Served, where: Where, frame: int) -> None:
    async with cutting(served.ws, where, frame) as proxy, PuppetEnv(proxy.url) as env:
        puppet = (await env.reset(seed=10)).observation.puppet
        for number in range(1, STEPS + 1):
            result = await env.step(PuppetAction(amount=number, name=f"step {number}"))
            seen = result.observation
            assert (seen.steps, seen.heard, seen.puppet, result.reward) == (number, f"step {number}", puppet, number)
        with pytest.raises(InvalidActionError):
            await env.step(PuppetAction(do="raise", name="refused"))
        for _ in range(2):  # the last frame may be cut too; once more, and the connection is there again
            assert (await env.state()).step_count == STEPS
        assert proxy.cuts == 1
    journal.await_close(puppet)
    assert journal.of(puppet) == ["init", "reset", *["step"] * (STEPS + 1), "state", "state", "close"]


@pytest.mark.parametrize("where", [Where.REQUEST_LOST, Where.REPLY_LOST], ids=lambda where: where.value)
@in_loop
async def test_a_connection_cut_before_the_session_is_open_is_the_callers_to_try_again(
    served: Served, where: Where
) -> None:
    async with cutting(served.ws, where, 0) as proxy:
        env = PuppetEnv(proxy.url)
        with pytest.raises(ConnectionError):
            await env.connect()
        async with env:
            await env.reset()
