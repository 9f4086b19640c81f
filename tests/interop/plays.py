"""Plays episodes with one kind of client, under either package: ``plays.py WHAT URL [PROJECT]``.

It prints, as JSON, everything that the client returned, and whether the package is this one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from guess import GuessAction, GuessEnv

from openenv import GenericEnvClient

Record = list[Any]


def noted(result: Any) -> Record:
    """What a client returned for a reset or a step, as JSON values."""
    seen = result.observation
    own = seen if isinstance(seen, dict) else seen.model_dump(exclude={"metadata", "reward", "done"})
    own = {key: value for key, value in own.items() if key != "metadata"}
    return [own, result.reward, result.done, result.metadata or {}]


def noted_state(state: Any) -> Any:
    return state if isinstance(state, dict) else state.model_dump()


async def guess(env: Any, action: Callable[..., Any]) -> Record:
    """Two whole episodes, one of them with an action that fails."""
    record: Record = []
    for seed in (3, 4):
        result = await env.reset(seed=seed, episode_id=f"episode-{seed}")
        record.append(noted(result))
        record.append(await failure(env.step(action(number=99))))
        low, high = 0, 15
        while not result.done:
            number = (low + high) // 2
            result = await env.step(action(number=number))
            record.append(noted(result))
            low, high = (number + 1, high) if noted(result)[0]["hint"] == "higher" else (low, number - 1)
        record.append(noted_state(await env.state()))
    return record


async def failure(awaitable: Any) -> str:
    """An action that fails raises what existing code catches, with the environment's own words."""
    try:
        await awaitable
    except RuntimeError as error:
        return "as expected" if "numbers go up to 15" in str(error) else str(error)
    return "it did not fail"


async def echo(env: Any, action: Callable[..., Any]) -> Record:
    """An episode of the environment that the peer's ``init`` makes."""
    record = [noted(await env.reset(episode_id="echo"))]
    for message in ("hello", "", "é☃🎲"):
        record.append(noted(await env.step(action(message=message))))
    return [*record, noted_state(await env.state())]


class Awaitable:
    """The sync face of a client behind the async one, so that an episode is written once."""

    def __init__(self, env: Any) -> None:
        self._env = env

    async def reset(self, **options: Any) -> Any:
        return self._env.reset(**options)

    async def step(self, action: Any) -> Any:
        return self._env.step(action)

    async def state(self) -> Any:
        return self._env.state()


def finished(episode: Any) -> Record:
    """Run a coroutine that never suspends, without a loop around it."""
    try:
        episode.send(None)
    except StopIteration as stop:
        return list(stop.value)
    raise AssertionError("a sync client suspended")


def play_async(client: Any, episode: Any, action: Any) -> Record:
    async def run() -> Record:
        async with client as env:
            return list(await episode(env, action))

    return asyncio.run(run())


def play_sync(client: Any, episode: Any, action: Any) -> Record:
    with client.sync() as env:
        return finished(episode(Awaitable(env), action))


def generated(project: str) -> tuple[Any, Any]:
    """The client and the action of a project, as its files have them."""
    sys.path.insert(0, str(Path(project).parent))
    package = importlib.import_module(Path(project).name)
    return package.MyEnv, package.MyAction


def main(what: str, url: str, project: str = "") -> None:
    face, kind = what.split("-")
    play = {"async": play_async, "sync": play_sync}[face]
    if kind == "generated":
        client, action = generated(project)
        record = play(client(base_url=url), echo, action)
    elif kind == "generic":
        record = play(GenericEnvClient(base_url=url), guess, dict)
    else:
        record = play(GuessEnv(base_url=url), guess, GuessAction)
    print(json.dumps({"kit": find_spec("openenv.protocol") is not None, "record": record}))


if __name__ == "__main__":
    main(*sys.argv[1:])
