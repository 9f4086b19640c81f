"""A client that plays against a server: ``_player.py URL CLIENT``, under either package.

Each line on stdin, ``async SECONDS`` or ``sync SECONDS``, is answered with the steps it made a second.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from _models import FloatsAction, FloatsObservation, State

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient


class HandWrittenClient(EnvClient[FloatsAction, FloatsObservation, State]):
    """A client as the peer's ``init`` writes it; it runs under both packages."""

    def _step_payload(self, action: FloatsAction) -> dict[str, Any]:
        return {"amount": action.amount}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[FloatsObservation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        values = payload.get("observation", {}).get("values", [])
        return StepResult(FloatsObservation(values=values, reward=reward, done=done), reward, done)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(**payload)


class BodylessClient(EnvClient[FloatsAction, FloatsObservation, State]):
    """A client as our ``init`` writes it; the peer's are abstract."""


CLIENTS = {"hand-written": HandWrittenClient, "bodyless": BodylessClient}
ACTION = FloatsAction(amount=1)


async def play(url: str, client: type[Any], seconds: float) -> float:
    """Step one session for a while, from a coroutine."""
    async with client(base_url=url) as env:
        await env.reset()
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            result = await env.step(ACTION)
            steps += 1
    assert len(result.observation.values) == 50
    return steps / elapsed


def play_sync(url: str, client: type[Any], seconds: float) -> float:
    """Step one session for a while, from plain code."""
    with client(base_url=url).sync() as env:
        env.reset()
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            result = env.step(ACTION)
            steps += 1
    assert len(result.observation.values) == 50
    return steps / elapsed


def main(url: str, name: str) -> None:
    client = CLIENTS[name]
    for line in sys.stdin:
        face, seconds = line.split()
        rate = (
            play_sync(url, client, float(seconds)) if face == "sync" else asyncio.run(play(url, client, float(seconds)))
        )
        print(rate, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
