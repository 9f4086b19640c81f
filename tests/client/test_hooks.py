"""Clients of existing packages bring their own payload code; it reads what it always read, in both dialects."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import Add, Peer, Total, in_loop, scripted

from openenv.core import EnvClient
from openenv.core.client_types import StepResult
from openenv.core.env_server.types import State


class Deployed(EnvClient[Add, Total, State]):  # type: ignore[misc, valid-type]
    """What ``openenv init`` of 0.10 writes."""

    def _step_payload(self, action: Add) -> dict[str, Any]:
        return {"x": action.x}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Total]:
        inside = payload.get("observation", {})
        observation = Total(
            total=inside.get("total", 0),
            done=payload.get("done", False),
            reward=payload.get("reward"),
            metadata=payload.get("metadata", inside.get("metadata", {})),
        )
        return StepResult(
            observation=observation,
            reward=payload.get("reward"),
            done=payload.get("done", False),
            metadata=payload.get("metadata"),
        )

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(episode_id=payload.get("episode_id"), step_count=payload.get("step_count", 0))


class Spread(EnvClient[Add, Total, State]):  # type: ignore[misc, valid-type]
    """Hands the whole observation on, metadata included."""

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Total]:
        observation = Total(**payload["observation"], reward=payload["reward"], done=payload["done"])
        return StepResult(observation, payload["reward"], payload["done"])


class Wrapping(EnvClient[Add, Total, State]):  # type: ignore[misc, valid-type]
    """Leaves the work to the base class."""

    def _step_payload(self, action: Add) -> dict[str, Any]:
        return {**super()._step_payload(action), "x": 5}  # type: ignore[no-any-return]

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Total]:
        result: StepResult[Total] = super()._parse_result(payload)
        result.observation.total *= 10
        return result

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return super()._parse_state(payload)  # type: ignore[no-any-return]


V1 = {"observation": {"total": 3, "metadata": {"k": 1}}, "reward": 0.5, "done": True, "metadata": {"k": 1}}
V2 = {
    "observation": {"total": 3},
    "reward": 0.5,
    "done": True,
    "terminated": True,
    "truncated": False,
    "metadata": {"k": 1},
}


@pytest.mark.parametrize("kind", [Deployed, Spread, Wrapping])
@pytest.mark.parametrize("payload", [V1, V2], ids=["v1", "v2"])
@in_loop
async def test_existing_payload_code_reads_both_dialects(kind: Any, payload: dict[str, Any]) -> None:
    sent: list[Any] = []
    v2 = payload is V2

    async def only(peer: Peer) -> None:
        if v2:
            await peer.greet()
        sent.append((await peer.take())["data"])
        await peer.send("observation", payload, **({"id": 1} if v2 else {}))
        await peer.take()
        await peer.send("state", {"episode_id": "e", "step_count": 2}, **({"id": 2} if v2 else {}))

    async with scripted(only, speaks_v2=v2) as stage, kind(stage.url) as env:
        result = await env.step(Add(x=1))
        state = await env.state()
    assert result.observation.total == (30 if kind is Wrapping else 3)
    assert result.observation.metadata == {"k": 1}
    assert (result.reward, result.done, result.terminated, result.truncated) == (0.5, True, True, False)
    assert state.step_count == 2
    assert sent[0]["x"] == (5 if kind is Wrapping else 1)


@in_loop
async def test_how_an_episode_ended_survives_code_that_knows_only_done() -> None:
    async def only(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.send("observation", {**V2, "terminated": False, "truncated": True}, id=1)

    async with scripted(only) as stage, Deployed(stage.url) as env:
        result = await env.reset()
    assert (result.done, result.terminated, result.truncated) == (True, False, True)


def test_types_are_read_through_several_levels() -> None:
    from typing import Generic, TypeVar

    from openenv.generics import declared
    from openenv.types import Observation

    Obs = TypeVar("Obs", bound=Observation)

    class Base(EnvClient[Add, Obs, State], Generic[Obs]):  # type: ignore[misc, valid-type]
        pass

    class Middle(Base[Total]):
        pass

    class Last(Middle):
        pass

    assert declared(Last, EnvClient) == declared(Middle, EnvClient) == (Add, Total, State)
    assert declared(Base, EnvClient) == (Add, None, State)
    assert declared(EnvClient, EnvClient) == (None, None, None)


class Quoted(EnvClient["Add", "Total", "State"]):  # type: ignore[misc, valid-type]
    """Names its types in quotes."""


def test_types_may_be_named_in_quotes() -> None:
    assert Quoted("http://localhost:8000")._codec.read_result(b'{"observation":{"total":1}}').observation.total == 1
