"""What the log and the client hear of an environment that could not be made, or was never reset."""

from __future__ import annotations

import pytest
from support.puppets import BrokenPuppet, Puppet
from support.serving import tapped_log
from support.staging import Stage, body_of, in_loop

from openenv.errors import EnvironmentFactoryError


@in_loop
async def test_a_factory_that_fails_is_logged_with_its_traceback_once() -> None:
    async with Stage("thread", BrokenPuppet) as stage:
        with tapped_log() as log, pytest.raises(EnvironmentFactoryError):
            await stage.open()

    assert len(log.find("no environment")) == 1
    assert "no environment: BrokenPuppet cannot be made: " in log.find("no environment")[0]


@in_loop
async def test_after_a_first_reset_that_failed_no_episode_has_begun() -> None:
    async with Stage("inline", Puppet) as stage:
        player = await stage.open()
        assert (await player.reset(then="ValueError")).code == "EXECUTION_ERROR"

        assert body_of(await player.step())["message"] == "no episode has begun: reset before the first step"


@in_loop
async def test_after_the_end_the_episode_is_over() -> None:
    async with Stage("inline", Puppet) as stage:
        player = await stage.open()
        await player.reset()
        await player.step("end")

        assert body_of(await player.step())["message"] == "the episode is over: reset before the next step"


@pytest.mark.parametrize("do", ["nan", "babble"])
@in_loop
async def test_a_result_that_cannot_be_sent_is_logged_with_the_method_it_came_from(do: str) -> None:
    async with Stage("inline", Puppet) as stage:
        player = await stage.open()
        await player.reset()
        with tapped_log() as log:
            assert (await player.step(do)).code == "INVALID_RESULT"

    assert len(log.find("step failed: step returned")) == 1
    assert log.find('support/puppets.py", line ', "in step")


@in_loop
async def test_a_state_that_cannot_be_sent_is_logged_with_the_property_it_came_from() -> None:
    async with Stage("inline", Puppet) as stage:
        player = await stage.open()
        await player.reset()
        await player.step("spoil_state", name="wrong type")
        with tapped_log() as log:
            assert (await player.ask("state")).code == "INVALID_RESULT"

    assert log.find('support/puppets.py", line ', "in state")
