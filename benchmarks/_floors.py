"""What is left when the server is taken away: bare ASGI apps on the same uvicorn."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, TypeAdapter
from typing_extensions import NotRequired, TypedDict

FLOATS = [index * 0.37 for index in range(50)]
REPLY = json.dumps({"type": "observation", "data": {"observation": {"values": FLOATS}, "reward": 0.5, "done": False}})

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Action(TypedDict):
    amount: NotRequired[int]


class _Frame(TypedDict):
    type: Literal["reset", "step"]
    data: NotRequired[_Action]


class _Floats(BaseModel):
    model_config = ConfigDict(extra="forbid")
    values: list[float]
    reward: float | None = None
    done: bool = False


_read = TypeAdapter(Annotated[_Frame, ...]).validator.validate_json
_write = _Floats.__pydantic_serializer__.to_json


def _answer(_: str) -> str:
    return REPLY


def _answer_typed(text: str) -> str:
    _read(text)
    body = _write(_Floats(values=FLOATS, reward=0.5), exclude={"reward", "done"}).decode()
    return f'{{"type":"observation","data":{{"observation":{body},"reward":0.5,"done":false}}}}'


def _app(answer: Callable[[str], str]) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _converse(answer, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

    return app


async def _converse(answer: Callable[[str], str], receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": answer(message["text"])})


echo = _app(_answer)
"""Answers every frame with a ready-made observation."""

typed = _app(_answer_typed)
"""Reads every frame with pydantic-core and writes its observation with it: the least that a typed server does."""

fastapi = FastAPI()
"""A FastAPI app with one route and nothing else."""


@fastapi.get("/health")
def health() -> dict[str, str]:
    return {"status": "healthy"}
