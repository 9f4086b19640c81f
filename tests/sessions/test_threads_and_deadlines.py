"""Which thread an environment lives in, and what happens when it does not return."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from support.puppets import (
    PATIENCE_S,
    AsyncPuppet,
    HalfAsyncPuppet,
    InlinePuppet,
    Puppet,
    PuppetAction,
    SleepingBeauty,
    journal,
    turnstiles,
)
from support.serving import tapped_log
from support.staging import Stage, body_of, in_loop, observation_of

from openenv.errors import DeadlineError, EnvironmentFactoryError
from openenv.protocol.frames import Request
from openenv.sessions.runners import Mailbox
from openenv.sessions.session import Deadlines
from openenv.sessions.store import Phase


@pytest.mark.parametrize("kind", [Puppet, AsyncPuppet, HalfAsyncPuppet])
@in_loop
async def test_an_environment_lives_in_one_thread_from_its_making_to_its_end(kind: type[Puppet]) -> None:
    async with Stage("thread", kind) as stage:
        players = [await stage.open() for _ in range(3)]
        puppets = [await player.told() for player in players]
        for player in players:
            await player.step()
            await player.ask("state")
    for puppet in puppets:
        assert journal.of(puppet) == ["init", "reset", "step", "state", "close"]
        assert len(journal.threads_of(puppet)) == 1
    assert len(set.union(*map(journal.threads_of, puppets))) == 3
    assert threading.get_ident() not in set.union(*map(journal.threads_of, puppets))


@in_loop
async def test_an_inline_environment_lives_in_the_loops_thread() -> None:
    async with Stage("inline", InlinePuppet) as stage:
        puppet = await (await stage.open()).told()
    assert journal.threads_of(puppet) == {threading.get_ident()}
    assert journal.of(puppet) == ["init", "reset", "close"]


@in_loop
async def test_sessions_do_not_wait_for_each_other() -> None:
    turnstile = turnstiles.named("not for each other")
    async with Stage("thread") as stage:
        held, free = await stage.open(), await stage.open()
        await held.reset()
        waiting = held.submit(held.request("step", {"do": "wait", "name": "not for each other"}))
        await free.reset()
        for count in range(1, 4):
            assert observation_of(await free.step())["steps"] == count
        assert not waiting.done()
        turnstile.open()
        assert observation_of(await waiting)["steps"] == 1


class Quitting(HalfAsyncPuppet):
    """Starts tasks that would end its process."""

    async def _quit(self) -> None:
        raise SystemExit(3)

    async def step(self, action: PuppetAction) -> Any:
        self.task = asyncio.ensure_future(self._quit())
        return await super().step(action)


class QuittingAtLast(Quitting):
    """Starts one that does so as it is cancelled."""

    async def _quit(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise SystemExit(3)


@in_loop
async def test_a_task_that_ends_the_loop_of_a_thread_ends_its_session_and_frees_the_slot() -> None:
    async with Stage("thread", Quitting, most=1) as stage:
        player = await stage.open()
        puppet = await player.told()
        crashed = await player.step()
        assert (crashed.code, crashed.fatal) == ("ENVIRONMENT_CRASHED", True)
        assert "SystemExit" in (crashed.fault or "")
        await stage.free_slots(1)
        assert journal.of(puppet)[-1] == "close"


@in_loop
async def test_a_task_that_ends_the_loop_of_a_thread_at_its_end_frees_the_slot() -> None:
    with tapped_log() as log:
        async with Stage("thread", QuittingAtLast, most=1) as stage:
            player = await stage.open()
            puppet = await player.told()
            assert observation_of(await player.step())["steps"] == 1
            stage.service.end(player.session, "closed")
            await stage.free_slots(1)
            assert journal.of(puppet)[-1] == "close"
    assert log.find("close failed", "SystemExit")


# Deadlines


def last_events() -> list[str]:
    return [event for event, *_ in journal.entries[-2:]]


@in_loop
async def test_a_step_that_takes_too_long_in_a_thread_ends_the_session_and_leaves_its_slot_stuck() -> None:
    turnstile = turnstiles.named("too long")
    with tapped_log() as log:
        async with Stage("thread", most=2) as stage:
            player, other = await stage.open(), await stage.open()
            puppet = await player.told()
            reply = await player.step("wait", name="too long", timeout_s=0.05)
            assert (reply.code, reply.fatal, player.session.ended) == ("TIMEOUT", True, "timeout")
            await asyncio.sleep(0)  # the next turn of the loop: nobody can have asked before
            assert log.find("stuck", player.session.id)
            assert (stage.service.store.stuck, stage.service.store.active) == (1, 2)
            await other.reset()

            turnstile.open()
            await stage.free_slots(1)
            assert stage.service.store.stuck == 0
    assert journal.of(puppet) == ["init", "reset", "step", "close"]


@in_loop
async def test_a_step_that_nobody_waits_for_any_more_may_take_as_long_as_closing_before_it_is_stuck() -> None:
    turnstile = turnstiles.named("nobody waits")
    with tapped_log() as log:
        async with Stage("thread", most=1) as stage:
            player = await stage.open()
            await player.reset()
            left = player.submit(player.request("step", {"do": "wait", "name": "nobody waits"}))
            await asyncio.to_thread(turnstile.await_entry)
            finishing = asyncio.ensure_future(stage.service.finish(player.session, "closed"))
            assert (await left).code == "SESSION_EXPIRED"
            assert (stage.service.store.stuck, stage.service.store.active) == (0, 1)
            turnstile.open()
            await finishing
    assert not log.find("stuck")


@in_loop
async def test_an_asynchronous_step_that_takes_too_long_is_cancelled() -> None:
    async with Stage("inline", AsyncPuppet, most=1) as stage:
        player = await stage.open()
        puppet = await player.told()
        reply = await player.step("linger", timeout_s=0.05)

        assert (reply.code, reply.fatal) == ("TIMEOUT", True)
        await stage.free_slots(1)
    assert journal.of(puppet)[-1] == "close"


@in_loop
async def test_the_servers_limit_holds_where_a_request_asks_for_more() -> None:
    async with Stage("inline", AsyncPuppet, deadlines=Deadlines(step_s=0.05)) as stage:
        player = await stage.open()
        await player.reset()

        with tapped_log() as log:
            late = await player.step("linger", timeout_s=1000.0)

        assert late.code == "TIMEOUT"
        assert body_of(late)["message"] == "step took longer than the 0.05 s allowed; the session is over"
        assert body_of(late)["limit_s"] == 0.05
        assert len(log.find("step took longer than the 0.05 s allowed")) == 1


@in_loop
async def test_a_quick_step_after_a_slow_limit_has_a_deadline_of_its_own() -> None:
    async with Stage("inline", AsyncPuppet, deadlines=Deadlines(step_s=1000.0)) as stage:
        player = await stage.open()
        await player.reset()
        for _ in range(3):
            assert (await player.step(timeout_s=500.0)).kind == "observation"

        assert (await player.step("linger", timeout_s=0.05)).code == "TIMEOUT"


@in_loop
async def test_an_environment_that_is_never_made_is_given_up_and_closed_when_it_is_made_after_all() -> None:
    turnstile = turnstiles.fresh("beauty")
    with tapped_log() as log:
        async with Stage("thread", SleepingBeauty, most=1, deadlines=Deadlines(reset_s=0.05)) as stage:
            opening = asyncio.ensure_future(stage.open())
            await asyncio.to_thread(log.wait_for, "no environment", "took longer")
            assert (stage.service.store.stuck, stage.service.healthy) == (1, False)
            turnstile.open()
            with pytest.raises(DeadlineError):
                await opening
            await stage.free_slots(1)
            assert (stage.service.store.stuck, stage.service.healthy) == (0, True)
    assert last_events() == ["init", "close"]


@in_loop
async def test_an_asynchronous_close_that_never_ends_is_cut_short() -> None:
    async with Stage("inline", AsyncPuppet, most=1, deadlines=Deadlines(close_s=0.05)) as stage:
        player = await stage.open()
        await player.reset()
        await player.step("spoil_close", name="wait")
        stage.service.end(player.session, "closed")
        await stage.free_slots(1)
        assert stage.service.store.stuck == 0


@in_loop
async def test_a_throw_away_call_has_a_deadline_and_closes_its_environment() -> None:
    turnstile = turnstiles.named("thrown away")
    async with Stage("thread", deadlines=Deadlines(step_s=0.05, close_s=0.05)) as stage:
        action = PuppetAction(do="wait", name="thrown away")
        with pytest.raises(DeadlineError):
            await stage.service.throw_away.play(Request("step", action), verbose=True)
        puppet = journal.entries[-1][1]
        turnstile.open()
        await asyncio.to_thread(journal.await_close, puppet)


@in_loop
async def test_what_a_throw_away_call_raises_is_logged() -> None:
    with tapped_log() as log:
        async with Stage("thread") as stage:
            reply = await stage.service.throw_away.play(Request("reset", {"then": "ValueError"}), verbose=False)

    assert reply.code == "EXECUTION_ERROR"
    assert log.find("Traceback", body_of(reply)["correlation_id"])


@in_loop
async def test_a_session_without_a_thread_to_live_in_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async with Stage("thread", most=1) as stage:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(EnvironmentFactoryError):
                await stage.open()
        await stage.free_slots(1)
        await stage.open()


@in_loop
async def test_a_session_that_ends_while_it_is_opened_is_not_given_out() -> None:
    turnstile = turnstiles.named("beauty 2")

    class Drowsy(Puppet):
        def __init__(self) -> None:
            turnstile.pass_through()
            super().__init__()

    stage = Stage("thread", Drowsy, most=1)
    opening = asyncio.ensure_future(stage.open())
    await asyncio.to_thread(turnstile.await_entry)
    closing = asyncio.ensure_future(stage.service.shut_down())
    turnstile.open()
    with pytest.raises(ConnectionError):
        await opening
    await closing
    assert stage.service.sessions == {}


@in_loop
async def test_who_gives_up_while_the_environment_is_made_leaves_nothing_behind() -> None:
    turnstile = turnstiles.named("beauty 3")

    class Drowsy(Puppet):
        def __init__(self) -> None:
            turnstile.pass_through()
            super().__init__()

    async with Stage("thread", Drowsy, most=1) as stage:
        opening = asyncio.ensure_future(stage.service.open(Phase.ATTACHED))
        await asyncio.to_thread(turnstile.await_entry)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        turnstile.open()
        await stage.free_slots(1)
    assert last_events() == ["init", "close"]


@in_loop
async def test_a_letter_that_cannot_be_delivered_does_not_hold_up_the_others() -> None:
    complaints: list[Any] = []
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
    mailbox = Mailbox(loop)

    def refuse(_: Any) -> None:
        raise ValueError("no such address")

    mailbox.post(refuse, None)
    mailbox.post(lambda _: arrived.set(), None)
    await asyncio.wait_for(arrived.wait(), PATIENCE_S)
    assert [type(complaint) for complaint in complaints] == [ValueError]
