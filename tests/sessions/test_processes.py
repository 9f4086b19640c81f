"""A process for each session: what happens there ends that session, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.processes import TESTS, Fifo
from support.puppets import CrashingPuppet, Puppet
from support.serving import tapped_log
from support.staging import Player, Stage, body_of, in_loop, observation_of

from openenv.errors import EnvironmentCrashedError
from openenv.protocol.frames import Reply, Request
from openenv.sessions.process import ProcessRunner, WorkerPool
from openenv.sessions.session import Deadlines


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "pipe")
    yield pipe
    pipe.close()


@asynccontextmanager
async def two_sessions(**options: Any) -> AsyncIterator[tuple[Stage, Player, Player]]:
    """One to be ruined, and one that must not notice."""
    async with Stage("process", most=2, **options) as stage:
        ruined, spared = await stage.open(), await stage.open()
        await ruined.reset()
        await spared.reset()
        yield stage, ruined, spared
        assert observation_of(await spared.step())["steps"] == 1
        await stage.free_slots(1)
        assert observation_of(await (await stage.open()).reset())["steps"] == 0


def assert_crashed(reply: Reply, status: int | None) -> None:
    assert (reply.code, reply.fatal) == ("ENVIRONMENT_CRASHED", True)
    assert body_of(reply)["exit_status"] == status


@in_loop
async def test_sessions_live_in_processes_of_their_own() -> None:
    async with Stage("process") as stage:
        players = [await stage.open() for _ in range(3)]
        pids = {await player.told("pid") for player in players}

        assert len(pids | {os.getpid()}) == 4
        assert {observation_of(await player.step())["pid"] for player in players} == pids


@pytest.mark.parametrize(("do", "amount", "status"), [("exit", 0, 0), ("exit", 7, 7), ("kill", 1, -signal.SIGKILL)])
@in_loop
async def test_a_process_that_ends_in_a_step_ends_its_session(do: str, amount: int, status: int) -> None:
    async with two_sessions() as (_, ruined, _spared):
        with tapped_log() as log:
            assert_crashed(await ruined.step(do, amount=amount), status)
        assert (await ruined.step()).code == "SESSION_EXPIRED"
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    assert len(log.find(f"step failed: the environment's process died ({how})")) == 1


@in_loop
async def test_a_process_that_is_killed_from_outside_ends_its_session() -> None:
    async with two_sessions() as (_, ruined, _spared):
        pid = observation_of(await ruined.step())["pid"]
        os.kill(pid, signal.SIGKILL)

        assert_crashed(await ruined.step(), -signal.SIGKILL)


@in_loop
async def test_a_process_that_is_killed_in_the_middle_of_a_step_ends_its_session(fifo: Fifo) -> None:
    async with two_sessions() as (_, ruined, _spared):
        running = ruined.submit(ruined.request("step", {"do": "spin", "name": fifo.path}))
        os.kill(int(await asyncio.to_thread(fifo.read)), signal.SIGKILL)

        assert_crashed(await running, -signal.SIGKILL)


@in_loop
async def test_an_endless_loop_is_killed_at_its_deadline(fifo: Fifo) -> None:
    async with two_sessions(deadlines=Deadlines(step_s=None)) as (stage, ruined, _spared):
        running = ruined.submit(ruined.request("step", {"do": "spin", "name": fifo.path}))
        await asyncio.to_thread(fifo.read)
        ruined.session._arm(0.0)  # the deadline is now

        assert (await running).code == "TIMEOUT"
        await stage.free_slots(1)
        assert stage.service.store.stuck == 0


@in_loop
async def test_a_session_that_is_closed_in_an_endless_loop_is_killed(fifo: Fifo) -> None:
    async with two_sessions() as (stage, ruined, _spared):
        running = ruined.submit(ruined.request("step", {"do": "spin", "name": fifo.path}))
        await asyncio.to_thread(fifo.read)
        await stage.service.finish(ruined.session, "closed")

        assert (await running).code == "SESSION_EXPIRED"
        assert stage.service.store.active == 1


@in_loop
async def test_a_close_that_never_returns_is_killed() -> None:
    async with Stage("process", most=1, deadlines=Deadlines(close_s=0.05)) as stage:
        player = await stage.open()
        await player.reset()
        await player.step("spoil_close", name="wait")
        stage.service.end(player.session, "closed")
        await stage.free_slots(1)


@in_loop
async def test_a_throw_away_environment_that_never_closes_is_killed() -> None:
    async with Stage("process", NeverClosing, deadlines=Deadlines(close_s=0.05)) as stage:
        reply = await stage.service.throw_away.play(Request("metadata"), verbose=True)
        assert reply.kind == "metadata"
        await asyncio.wait(stage.service._endings.tasks.values())


class NeverClosing(Puppet):
    def close(self) -> None:
        while True:
            signal.pause()


@in_loop
async def test_an_environment_that_takes_too_much_memory_ends_its_session() -> None:
    async with two_sessions(memory_limit_mb=400) as (_, ruined, _spared):
        assert observation_of(await ruined.step("devour", amount=2))["heard"] == "2"
        reply = await ruined.step("devour", amount=100)

        assert (reply.code, reply.fatal) == ("ENVIRONMENT_CRASHED", True)
        assert "memory" in body_of(reply)["message"]


@in_loop
async def test_a_process_that_ends_while_its_environment_is_made_is_a_typed_error() -> None:
    async with Stage("process", CrashingPuppet, most=1) as stage:
        for _ in range(3):
            with pytest.raises(EnvironmentCrashedError) as crashed:
                await stage.open()
            assert crashed.value.data == {"exit_status": 5}
            await stage.free_slots(1)


@in_loop
async def test_a_process_that_cannot_be_started_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise OSError("no more processes")

    async with Stage("process", most=1) as stage:
        with monkeypatch.context() as patch:
            patch.setattr(WorkerPool, "start", refuse)
            with pytest.raises(EnvironmentCrashedError, match="no more processes"):
                await stage.open()
        await stage.free_slots(1)
        await stage.open()


@in_loop
async def test_a_session_given_up_while_its_process_starts_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.Event()
    start, loop = ProcessRunner._start, asyncio.get_running_loop()

    def announced(runner: ProcessRunner, channel: Any) -> Any:
        process = start(runner, channel)
        loop.call_soon_threadsafe(started.set)
        return process

    monkeypatch.setattr(ProcessRunner, "_start", announced)
    async with Stage("process", most=1) as stage:
        opening = asyncio.ensure_future(stage.open())
        await started.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await stage.free_slots(1)
        assert not stage.service._workers._workers


@in_loop
async def test_a_session_given_up_before_its_process_starts_leaves_no_socket() -> None:
    async with Stage("process", most=1) as stage:
        for turns in range(5):
            opening = asyncio.ensure_future(stage.open())
            for _ in range(turns):
                await asyncio.sleep(0)
            opening.cancel()
            await asyncio.wait([opening])
            del opening
            await stage.free_slots(1)
        gc.collect()  # a socket that is still open would warn now


# What an environment starts dies with it


@pytest.mark.parametrize("how", ["breed", "fork"])
@pytest.mark.parametrize("end", ["closed", "exit", "kill"])
@in_loop
async def test_what_an_environment_starts_does_not_outlive_it(how: str, end: str, fifo: Fifo) -> None:
    async with Stage("process", most=1) as stage:
        player = await stage.open()
        await player.reset()
        assert observation_of(await player.step(how, name=fifo.path))["heard"]
        if end == "closed":
            await stage.service.finish(player.session, "closed")
        else:
            assert (await player.step(end)).code == "ENVIRONMENT_CRASHED"

        assert await asyncio.to_thread(fifo.read) == ""


SERVER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from support.staging import Stage

async def main():
    stage = Stage("process")
    players = [await stage.open() for _ in range(2)]
    for player in players:
        await player.reset()
    await players[0].step("breed", name=sys.argv[2])
    await players[1].step("breed", name=sys.argv[2])
    players[1].submit(players[1].request("step", {"do": "spin", "name": sys.argv[3]}))
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_nothing_outlives_a_server_that_is_killed(fifo: Fifo, tmp_path: Path) -> None:
    ready, script = Fifo(tmp_path / "ready"), tmp_path / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    server = subprocess.Popen(
        [sys.executable, str(script), str(TESTS), fifo.path, ready.path], env=environment, stderr=subprocess.DEVNULL
    )
    assert ready.read().isdecimal()
    server.kill()
    server.wait()
    ready.close()

    assert fifo.read() == ""


@in_loop
async def test_large_frames_pass_through_the_socket_of_a_process() -> None:
    async with Stage("process") as stage:
        player = await stage.open()
        await player.reset()

        assert len(observation_of(await player.step("big", amount=3_000_000))["heard"]) == 3_000_000
        assert observation_of(await player.step(name="x" * 3_000_000))["heard"] == "x" * 3_000_000


@in_loop
async def test_many_sessions_open_and_close_at_once() -> None:
    async with Stage("process", most=6) as stage:
        players = await asyncio.gather(*(stage.open() for _ in range(6)))
        assert len({await player.told("pid") for player in players}) == 6
        await asyncio.gather(*(stage.service.finish(player.session, "closed") for player in players))
        assert stage.service.store.active == 0
