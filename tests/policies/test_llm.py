from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import BaseModel
from support.chat_server import Said, chat_server
from support.walks import WalkAction, WalkObservation

from openenv.errors import ConfigurationError
from openenv.policies import PolicyError
from openenv.policies.llm import LLMPolicy, LLMSettings, as_text

SEEN = WalkObservation(position=2, legal_actions=[-1, 1], reward=0.5)


def play(
    replies: Sequence[Said],
    *,
    turns: int = 1,
    action: type[BaseModel] | dict[str, Any] = WalkAction,
    seed: int | None = None,
    seen: Any = SEEN,
    **settings: Any,
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Ask a policy for actions; gives these, and what the endpoint was asked."""

    async def ask(base_url: str) -> list[Any]:
        policy = LLMPolicy(action, LLMSettings("tiny", base_url, **settings))
        try:
            policy.reset(seed)
            return [await policy.act(seen) for _ in range(turns)]
        finally:
            await policy.close()

    with chat_server(*replies) as server:
        return asyncio.run(ask(server.base_url)), server.requests


@pytest.mark.parametrize(
    "reply", [{"side": 1}, '{"side": 1}', 'I go right:\n```json\n{"side": 1}\n```'], ids=["call", "text", "fenced"]
)
def test_takes_the_action_that_the_model_calls_for(reply: Said) -> None:
    actions, requests = play([reply])

    assert actions == [WalkAction(side=1)]
    assert len(requests) == 1


def test_shows_the_observation_and_offers_the_schema() -> None:
    _, [request] = play([{"side": 1}], seed=7)

    assert request["model"] == "tiny"
    assert request["seed"] == 7
    assert request["messages"][-1] == {"role": "user", "content": "position: 2\nlegal_actions: [-1, 1]"}
    [tool] = request["tools"]
    assert request["tool_choice"]["function"]["name"] == tool["function"]["name"] == "act"
    assert set(tool["function"]["parameters"]["properties"]) == {"side", "remark"}


def test_sends_a_malformed_reply_back_with_what_is_wrong_with_it() -> None:
    actions, requests = play(["to the right", {"side": 5}, {"side": -1}])

    assert actions == [WalkAction(side=-1)]
    said = [message["content"] for message in requests[-1]["messages"] if message["role"] == "user"]
    assert "This is not a valid action: Expecting value" in said[1]
    assert "side: Input should be -1 or 1" in said[2]


@pytest.mark.parametrize("action", [WalkAction, WalkAction.model_json_schema()], ids=["model", "schema"])
def test_sends_an_action_back_that_is_not_legal_now(action: Any) -> None:
    seen = WalkObservation(position=0, legal_actions=[1])
    actions, requests = play([{"side": -1, "remark": "back"}, {"side": 1}], action=action, seen=seen)

    assert len(actions) == 1
    assert len(requests) == 2
    assert "not a valid action: side: -1 is not one of legal_actions" in requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize("legal", [[], [{"side": -1}], ["north"], 5])
def test_leaves_it_to_the_environment_where_legal_actions_say_nothing_of_one_field(legal: Any) -> None:
    actions, requests = play([{"side": -1}], seen={"legal_actions": legal})

    assert actions == [WalkAction(side=-1)]
    assert len(requests) == 1


def test_gives_dicts_where_only_the_schema_is_known() -> None:
    actions, requests = play([{"side": 4}, {"side": 1}], action=WalkAction.model_json_schema())

    assert actions == [{"side": 1}]
    assert "4 is not one of [-1, 1]" in requests[1]["messages"][-1]["content"]


def test_gives_up_with_the_last_reply() -> None:
    with pytest.raises(
        PolicyError, match="tiny gave no valid action in 2 attempts; the last one was 'never'"
    ) as caught:
        play(["never"], attempts=2)

    assert caught.value.data == {"reply": "never"}


def test_says_so_where_the_endpoint_fails() -> None:
    with pytest.raises(PolicyError, match=r"tiny at http://127.0.0.1:\d+/v1 does not answer: .*out of order"):
        play([400])


def test_says_so_where_the_endpoint_is_something_else() -> None:
    with pytest.raises(PolicyError, match="does not speak chat completions"):
        play([""])


def test_tries_again_where_the_endpoint_is_busy() -> None:
    actions, requests = play([503, {"side": 1}])

    assert actions == [WalkAction(side=1)]
    assert len(requests) == 2


def test_remembers_the_last_turns_of_an_episode_without_what_was_wrong() -> None:
    _, requests = play([{"side": 1}, "what?", {"side": -1}, {"side": 1}], turns=3, memory=1)

    assert [message["content"] for message in requests[-1]["messages"][1:]] == [
        "position: 2\nlegal_actions: [-1, 1]",
        '{"side": -1}',
        "position: 2\nlegal_actions: [-1, 1]",
    ]


def test_a_board_keeps_its_lines() -> None:
    assert as_text({"board": "x.\n.o", "turn": "x", "free": [1, 2]}) == "board:\nx.\n.o\nturn: x\nfree: [1, 2]"
    assert as_text("hello") == "hello"


def test_reads_where_the_model_is_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENENV_LLM_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="which model plays"):
        LLMSettings.from_environment()
    monkeypatch.setenv("OPENENV_LLM_MODEL", "tiny")
    with pytest.raises(ConfigurationError, match="needs a key"):
        LLMSettings.from_environment()
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert "secret" not in repr(LLMSettings.from_environment())
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")

    assert str(LLMSettings.from_environment()) == "tiny at http://localhost:1234/v1"


def test_the_key_travels_in_the_header() -> None:
    async def ask(base_url: str) -> None:
        policy = LLMPolicy(WalkAction, LLMSettings("tiny", base_url, api_key="secret"))
        await policy.act(SEEN)
        await policy.close()

    with chat_server({"side": 1}) as server:
        asyncio.run(ask(server.base_url))

    assert server.keys == ["Bearer secret"]
