"""Inline, in a thread, in a process: whatever an environment does, its session gets a typed answer, once."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from support.puppets import (
    FOREIGN,
    AsyncPuppet,
    BarePuppet,
    BrokenPuppet,
    HalfAsyncPuppet,
    InlinePuppet,
    PatientPuppet,
    Puppet,
    PuppetAction,
    PuppetObservation,
)
from support.serving import tapped_log
from support.staging import Stage, body_of, in_loop, observation_of

from openenv.errors import EnvironmentFactoryError, ServerDrainingError
from openenv.protocol.frames import Request, request_frame
from openenv.sessions.blueprint import blueprint_of
from openenv.sessions.service import Place

PLACES: list[tuple[Place, type[Puppet]]] = [
    ("inline", InlinePuppet),
    ("inline", AsyncPuppet),
    ("thread", Puppet),
    ("thread", AsyncPuppet),
    ("thread", HalfAsyncPuppet),
    ("process", Puppet),
    ("process", AsyncPuppet),
    ("process", HalfAsyncPuppet),
]
everywhere = pytest.mark.parametrize(
    ("place", "kind"), PLACES, ids=[f"{place}-{kind.__name__}" for place, kind in PLACES]
)


@everywhere
@in_loop
async def test_an_episode_is_played(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()

        assert observation_of(await player.reset(seed=5, episode_id="e"))["total"] == 5
        assert observation_of(await player.step(amount=2))["total"] == 7
        assert body_of(await player.ask("state")) == {"episode_id": "e", "step_count": 1}
        last = body_of(await player.step("end"))
        assert (last["done"], last["terminated"], last["truncated"]) == (True, True, False)
        assert (await player.step()).code == "RESET_REQUIRED"
        cut = body_of((await player.reset()) and await player.step("truncate"))
        assert (cut["done"], cut["terminated"], cut["truncated"]) == (True, False, True)


@everywhere
@in_loop
async def test_a_step_before_the_first_reset_is_refused(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()

        assert (await player.step()).code == "RESET_REQUIRED"
        assert observation_of(await player.reset())["steps"] == 0


@everywhere
@in_loop
async def test_an_action_that_is_not_possible_changes_nothing(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open(verbose=False)
        await player.reset()
        refused = await player.step("raise", name="refused")

        assert (refused.code, refused.fault) == ("INVALID_ACTION", None)
        assert body_of(refused)["message"] == "puppets cannot fly"
        assert observation_of(await player.step())["steps"] == 1


@everywhere
@in_loop
async def test_whatever_a_step_raises_the_session_plays_on(place: Place, kind: type[Puppet]) -> None:
    with tapped_log() as log:
        async with Stage(place, kind) as stage:
            player = await stage.open(verbose=False)
            await player.reset()
            for count, error in enumerate(FOREIGN, 1):
                reply = await player.step("raise", name=error)
                assert reply.code == "EXECUTION_ERROR", error
                (line,) = log.find("Traceback", body_of(reply)["correlation_id"])
                assert all(word in line for word in (player.session.id, "step failed", "_obey"))
                assert observation_of(await player.step())["steps"] == count
    assert len(log.find("Traceback")) == len(FOREIGN)


@everywhere
@in_loop
async def test_a_fault_is_told_as_it_is_and_logged(place: Place, kind: type[Puppet]) -> None:
    with tapped_log() as log:
        async with Stage(place, kind) as stage:
            player = await stage.open(verbose=False)
            await player.reset()
            body = body_of(await player.step("raise", name="fault"))

    assert body == {"message": "the puppet's strings are torn", "code": "EXECUTION_ERROR", "strings": 3}
    assert len(log.find("Traceback", player.session.id)) == 1


@everywhere
@in_loop
async def test_a_reset_that_raises_leaves_no_episode(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()
        await player.reset()

        assert (await player.reset(then="ValueError")).code == "EXECUTION_ERROR"
        assert (await player.step()).code == "RESET_REQUIRED"
        assert observation_of(await player.reset())["steps"] == 0


@everywhere
@in_loop
async def test_a_state_that_fails_is_a_typed_error(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()
        await player.reset()
        for error in ("ValueError", "SystemExit", "CancelledError", "wrong type"):
            await player.step("spoil_state", name=error)
            expected = "INVALID_RESULT" if error == "wrong type" else "EXECUTION_ERROR"
            assert (await player.ask("state")).code == expected
        assert observation_of(await player.step())["steps"] == 5


@everywhere
@in_loop
async def test_a_close_that_raises_frees_the_slot_and_is_logged(place: Place, kind: type[Puppet]) -> None:
    with tapped_log() as log:
        async with Stage(place, kind, most=1) as stage:
            for error in ("ValueError", "SystemExit", "KeyboardInterrupt", "CancelledError", "StopIteration"):
                player = await stage.open()
                await player.reset()
                await player.step("spoil_close", name=error)
                await stage.service.finish(player.session, "closed")

                assert stage.service.store.active == 0
                (line,) = log.find("close failed", player.session.id)
                assert "Traceback" in line
                assert error in line


@everywhere
@in_loop
async def test_a_step_that_returns_something_else_is_an_invalid_result(place: Place, kind: type[Puppet]) -> None:
    with tapped_log() as log:
        async with Stage(place, kind) as stage:
            player = await stage.open()
            await player.reset()
            for what in ("dict", "none", "number", "object"):
                assert (await player.step("babble", name=what)).code == "INVALID_RESULT"
            assert observation_of(await player.step())["steps"] == 5
    assert len(log.find("step failed", player.session.id)) == 4


@everywhere
@in_loop
async def test_a_reward_that_is_not_finite_is_an_invalid_result(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()
        await player.reset()

        assert (await player.step("nan")).code == "INVALID_RESULT"


@everywhere
@in_loop
async def test_running_out_of_memory_ends_the_session(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind, most=1) as stage:
        player = await stage.open()
        await player.reset()
        reply = await player.step("raise", name="MemoryError")

        assert (reply.code, reply.fatal) == ("ENVIRONMENT_CRASHED", True)
        await stage.free_slots(1)


@everywhere
@in_loop
async def test_a_bad_action_is_refused_with_its_id_consumed(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        player = await stage.open()
        await player.reset()

        assert (await player.step(amount="much")).code == "VALIDATION_ERROR"
        assert (await player.step(jump=1)).code == "VALIDATION_ERROR"
        assert player.session.ledger.last_id == 3  # type: ignore[attr-defined]
        assert observation_of(await player.step())["steps"] == 1


@everywhere
@in_loop
async def test_an_unknown_option_is_refused_and_the_known_ones_are_named(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        body = body_of(await (await stage.open()).reset(level=3))

    assert (body["code"], body["known"]) == ("VALIDATION_ERROR", ["episode_id", "seed", "then"])


@everywhere
@in_loop
async def test_metadata_says_whether_the_environment_takes_a_seed(place: Place, kind: type[Puppet]) -> None:
    async with Stage(place, kind) as stage:
        reply = await stage.service.throw_away.play(Request("metadata"), verbose=True)

    metadata = body_of(reply)
    assert (reply.kind, metadata["name"], metadata["seedable"]) == ("metadata", kind.__name__, True)


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@in_loop
async def test_a_step_hears_how_long_its_caller_is_willing_to_wait(place: Place) -> None:
    async with Stage(place, PatientPuppet) as stage:
        player = await stage.open()
        await player.reset()

        assert observation_of(await player.step())["heard"] == "None"
        assert observation_of(await player.step(timeout_s=2.5))["heard"] == "2.5"
        raw = request_frame("step", None, "{}")
        thrown_away = Request("step", PuppetAction(), raw=raw, extras={"timeout_s": 4.0})
        assert observation_of(await stage.service.throw_away.play(thrown_away, verbose=True))["heard"] == "4.0"


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@in_loop
async def test_an_environment_may_be_bare(place: Place) -> None:
    bare = blueprint_of(BarePuppet, PuppetAction, PuppetObservation)
    async with Stage(place, bare, most=1) as stage:
        player = await stage.open()

        assert observation_of(await player.reset(seed=3, episode_id="x"))["total"] == 0
        assert observation_of(await player.step(amount=2))["total"] == 2
        assert body_of(await player.ask("state"))["step_count"] == 1
        assert (await player.reset(level=1)).code == "VALIDATION_ERROR"
        metadata = body_of(await stage.service.throw_away.play(Request("metadata"), verbose=True))
        assert (metadata["name"], metadata["seedable"]) == ("BarePuppet", False)


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@in_loop
async def test_an_environment_that_cannot_be_made_is_a_typed_error_and_frees_its_slot(place: Place) -> None:
    with tapped_log() as log:
        async with Stage(place, BrokenPuppet, most=1) as stage:
            with pytest.raises(EnvironmentFactoryError) as failed:
                await stage.open(verbose=False)
            await stage.free_slots(1)

    assert failed.value.data.keys() == {"factory_name", "correlation_id"}
    assert "secret" not in failed.value.message
    (line,) = log.find("no environment", failed.value.data["correlation_id"])
    assert "the puppet's secret" in line
    assert len(log.find("the puppet's secret")) == 1


@pytest.mark.parametrize("place", ["inline", "thread"])
@pytest.mark.parametrize("error", ["SystemExit", "KeyboardInterrupt", "CancelledError", "StopIteration", "Unspeakable"])
@in_loop
async def test_making_an_environment_may_raise_anything(
    place: Place, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN_PUPPET", error)
    async with Stage(place, BrokenPuppet, most=1) as stage:
        with pytest.raises(EnvironmentFactoryError):
            await stage.open()
        await stage.free_slots(1)


def no_environment() -> Any:
    return {"reset": 1}


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@in_loop
async def test_a_factory_that_makes_something_else_is_a_typed_error(place: Place) -> None:
    async with Stage(place, blueprint_of(no_environment, PuppetAction, PuppetObservation)) as stage:
        with pytest.raises(EnvironmentFactoryError, match="no reset and step"):
            await stage.open()


class WithArguments(Puppet):
    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start

    def reset(self, seed: int | None = None) -> PuppetObservation:  # type: ignore[override]
        return PuppetObservation(total=self.start)


def made_by_a_function() -> WithArguments:
    return WithArguments(start=4)


@pytest.mark.parametrize("place", ["inline", "thread", "process"])
@pytest.mark.parametrize("factory", [partial(WithArguments, start=4), made_by_a_function])
@in_loop
async def test_a_factory_may_be_any_callable(place: Place, factory: Any) -> None:
    async with Stage(place, blueprint_of(factory, PuppetAction, PuppetObservation)) as stage:
        assert observation_of(await (await stage.open()).reset())["total"] == 4


@pytest.mark.parametrize(("place", "moments"), [("thread", 1), ("process", 1), ("process", 5)])
@in_loop
async def test_who_comes_in_as_the_server_shuts_down_is_told_so_and_leaves_nothing(place: Place, moments: int) -> None:
    async with Stage(place) as stage:
        opening = asyncio.ensure_future(stage.open())
        for _ in range(moments):
            await asyncio.sleep(0)
        await stage.service.shut_down()
        with pytest.raises(ServerDrainingError):
            await opening
    assert not stage.service._workers._workers
