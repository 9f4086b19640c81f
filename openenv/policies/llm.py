"""Lets a language model play, by any endpoint that speaks OpenAI's chat completions."""

from __future__ import annotations

import json
import os
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from openenv.errors import ConfigurationError
from openenv.extras import MissingExtraError
from openenv.policies.base import PolicyError
from openenv.policies.seen import as_json
from openenv.validation.json_schema import misfits
from openenv.validation.play.actions import LEGAL_ACTIONS

try:
    from openai import APIError, AsyncOpenAI
except ModuleNotFoundError as error:
    if error.name != "openai":
        raise
    raise MissingExtraError("openai", "llm") from error

INSTRUCTIONS = (
    "You play an episode in an environment. Each message shows what you see now. Answer with your next action, "
    "by calling the function act, and with nothing else."
)

_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class LLMSettings:
    """Which model plays, and where it is.

    Attributes:
        model: Its name there.
        base_url: Where the endpoint is, up to ``/v1``; OpenAI's own where it is ``None``.
        api_key: The key for it; never shown.
        attempts: How often it is asked for one action before the policy gives up.
        memory: How many of the last turns it is shown again.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    attempts: int = 3
    memory: int = 20

    @classmethod
    def from_environment(cls) -> LLMSettings:
        """Read ``OPENENV_LLM_MODEL``, ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY``.

        Raises:
            ConfigurationError: The model is missing; or the key, which only an endpoint of one's own can do without.
        """
        model, base_url, api_key = map(os.environ.get, ("OPENENV_LLM_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"))
        if not model:
            raise ConfigurationError(
                "the policy llm needs to know which model plays",
                hint="set OPENENV_LLM_MODEL, and OPENAI_BASE_URL and OPENAI_API_KEY for where it is",
            )
        if not (base_url or api_key):
            raise ConfigurationError(
                "the policy llm needs a key, or an endpoint that asks for none",
                hint="set OPENAI_API_KEY, or OPENAI_BASE_URL",
            )
        return cls(model, base_url or None, api_key or None)

    def __str__(self) -> str:
        return self.model if self.base_url is None else f"{self.model} at {self.base_url}"


class LLMPolicy:
    """Shows a language model what is seen, and takes the action that it calls for.

    The model is offered one function, ``act``, whose parameters are the JSON Schema of the actions; a server that knows
    no functions may answer with the action as JSON text. A reply that is no valid action, or none of the observation's
    ``legal_actions``, is sent back with what is wrong with it.

    Args:
        action: The class of the actions, or their JSON Schema; from a class come instances, from a schema dicts.
        settings: Which model plays; read from environment variables where left out.

    Raises:
        ConfigurationError: The environment variables do not say which model plays.
    """

    def __init__(self, action: type[BaseModel] | dict[str, Any], settings: LLMSettings | None = None) -> None:
        self._model = action if isinstance(action, type) else None
        self._schema = action if isinstance(action, dict) else action.model_json_schema()
        self._settings = settings or LLMSettings.from_environment()
        # An endpoint without keys gets a word in its place: the client insists on one.
        self._client = AsyncOpenAI(base_url=self._settings.base_url, api_key=self._settings.api_key or "none")
        self.reset(None)

    def __repr__(self) -> str:
        return f"LLMPolicy({self._settings!r})"

    def reset(self, seed: int | None) -> None:
        """Begin an episode: forget the last one.

        Args:
            seed: Passed on to the endpoint, which may use it for its draws.
        """
        self._seed = seed
        self._turns: deque[list[dict[str, Any]]] = deque(maxlen=self._settings.memory)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()

    async def act(self, observation: Any) -> Any:
        """Ask the model for an action.

        Args:
            observation: What the environment shows.

        Returns:
            The action.

        Raises:
            PolicyError: The endpoint fails, or none of the model's replies is an action.
        """
        asked = [{"role": "user", "content": as_text(observation)}]
        seen, said = as_json(observation), ""
        legal = seen.get(LEGAL_ACTIONS) if isinstance(seen, dict) else None
        for _ in range(self._settings.attempts):
            said = await self._ask([*(message for turn in self._turns for message in turn), *asked])
            try:
                action = self._read(said, legal)
            except ValueError as error:
                wrong = f"This is not a valid action: {error}. Call act with a valid one."
                asked += [{"role": "assistant", "content": said}, {"role": "user", "content": wrong}]
                continue
            self._turns.append([asked[0], {"role": "assistant", "content": said}])
            return action
        tried = f"{self._settings.model} gave no valid action in {self._settings.attempts} attempts"
        raise PolicyError(f"{tried}; the last one was {said!r}", {"reply": said})

    async def _ask(self, messages: list[dict[str, Any]]) -> str:
        """Send a conversation; gives the arguments of the call, or else the text, of the reply."""
        named = {"type": "function", "function": {"name": "act"}}
        seeded = {} if self._seed is None else {"seed": self._seed}
        try:
            reply: Any = await self._client.chat.completions.create(  # type: ignore[call-overload]
                model=self._settings.model,
                messages=[{"role": "system", "content": INSTRUCTIONS}, *messages],
                tools=[{"type": "function", "function": self._function}],
                tool_choice=named,
                **seeded,
            )
        except APIError as error:
            raise PolicyError(
                f"{self._settings} does not answer: {error}", hint="check OPENAI_BASE_URL, OPENAI_API_KEY and the model"
            ) from error
        if not getattr(reply, "choices", None):
            raise PolicyError(
                f"{self._settings} does not speak chat completions", hint="does OPENAI_BASE_URL end in /v1?"
            )
        message = reply.choices[0].message
        return str(message.tool_calls[0].function.arguments if message.tool_calls else message.content or "")

    def _read(self, said: str, legal: Any) -> Any:
        """Read an action.

        Raises:
            ValueError: It is none, or not one of the legal ones.
        """
        fenced = _FENCED.search(said)
        value = json.loads(fenced[1] if fenced else said)
        action = self._valid(value)
        self._refuse_illegal(value, legal)
        return action

    def _valid(self, value: Any) -> Any:
        """Make an action of a value that fits the schema."""
        if self._model is None:
            wrong = misfits(self._schema, value)
            if wrong:
                raise ValueError("; ".join(wrong))
            return value
        try:
            return self._model.model_validate(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            raise ValueError("; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)) from None

    def _refuse_illegal(self, value: Any, legal: Any) -> None:
        """Refuse an action that fits the schema, where its one field that takes legal actions holds none of them."""
        if not (isinstance(value, dict) and isinstance(legal, list) and legal):
            return
        fields = [name for name in value if not misfits(self._schema, {**value, name: legal[0]})]
        if len(fields) == 1 and value[fields[0]] not in legal:
            raise ValueError(f"{fields[0]}: {value[fields[0]]!r} is not one of {LEGAL_ACTIONS}")

    @property
    def _function(self) -> dict[str, Any]:
        """The function that takes an action; of the schema without what is not part of the action itself."""
        properties = {name: part for name, part in self._schema.get("properties", {}).items() if name != "metadata"}
        description = self._schema.get("description", "Take an action.")
        return {"name": "act", "description": description, "parameters": {**self._schema, "properties": properties}}


def as_text(observation: Any) -> str:
    """Write an observation for a reader: texts as they are, so that a board keeps its lines, all else as JSON.

    Args:
        observation: A model, or JSON values.

    Returns:
        A line or a paragraph for each field.
    """
    seen = as_json(observation)
    if not isinstance(seen, dict):
        return seen if isinstance(seen, str) else json.dumps(seen, ensure_ascii=False)
    return "\n".join(f"{name}:{_paragraph(value)}" for name, value in seen.items())


def _paragraph(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"\n{text}" if "\n" in text else f" {text}"
