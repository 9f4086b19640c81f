"""Who asks for what the server does not have is told what it has."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import HTTPException, WebSocket
from support.puppets import InlinePuppet
from support.serving import Served, app_of
from support.wire import v1, v2
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


@pytest.fixture
def served(serve: Any) -> Served:
    server: Served = serve(InlinePuppet)
    return server


def problem(message: str) -> dict[str, Any]:
    return {"code": "UNKNOWN_ROUTE", "message": message, "detail": None, "correlation_id": None}


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("GET", "/nowhere", "GET /docs shows what there is"),
        ("POST", "/sesions", "did you mean POST /sessions?"),
        ("GET", "/x", "GET /docs shows what there is"),
        ("GET", "/helth", "did you mean GET /health?"),
        ("PUT", "/session/abc", "did you mean DELETE or GET /sessions/{session_id}?"),
        ("POST", "/sessions/abc/rest", "did you mean POST /sessions/{session_id}/reset?"),
        ("POST", "/sessions/abc/close", "GET /docs shows what there is"),
        ("POST", "/sessions/abc/step/1", "GET /docs shows what there is"),
        ("GET", "/ws", "did you mean WebSocket /ws?"),
        ("GET", "/%F0%9F%8E%B2", "GET /docs shows what there is"),
    ],
)
def test_an_unknown_path_is_answered_with_what_may_have_been_meant(
    served: Served, method: str, path: str, hint: str
) -> None:
    with served.http() as http:
        answer = http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == problem(f"there is no {method} {answer.url.path}; {hint}")


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("GET", "/sessions", ["POST"]),
        ("PUT", "/sessions/abc", ["DELETE", "GET"]),
        ("GET", "/sessions/abc/step", ["POST"]),
        ("OPTIONS", "/sessions/abc/state", ["GET"]),
        ("POST", "/ready", ["GET"]),
        ("DELETE", "/", ["GET"]),
    ],
)
def test_a_wrong_method_is_answered_with_those_that_the_path_takes(
    served: Served, method: str, path: str, takes: list[str]
) -> None:
    with served.http() as http:
        answer = http.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == ", ".join(takes)
    assert answer.json() == problem(f"there is no {method} {path}; this path takes {' and '.join(takes)}")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/step", "POST"), ("POST", "/state", "GET"), ("POST", "/health", "GET, HEAD")],
)
def test_paths_of_deployed_servers_answer_a_wrong_method_as_those_do(
    served: Served, method: str, path: str, allowed: str
) -> None:
    with served.http() as http:
        answer = http.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.text == '{"detail":"Method Not Allowed"}'


@pytest.mark.parametrize("dialect", [v1, v2])
@pytest.mark.parametrize("path", ["/other", "/sessions", "/ws/", "/harness"])
def test_an_unknown_websocket_is_refused_before_it_opens(served: Served, dialect: Any, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, dialect(served.ws.removesuffix("/ws") + path):
        pass
    assert refused.value.response.status_code == 404
    said = json.loads(refused.value.response.body or b"")
    assert said == problem(f"there is no WebSocket {path}; did you mean WebSocket /ws?")


def test_a_web_server_that_cannot_answer_a_handshake_refuses_an_unknown_websocket() -> None:
    assert handshake("/other") == [{"type": "websocket.close", "code": 1000, "reason": ""}]


def handshake(path: str) -> list[Any]:
    """Ask an app for a WebSocket as a web server without ``websocket.http.response`` does."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append({"code": 1000, "reason": "", **message})

    scope = {"type": "websocket", "path": path, "headers": [], "subprotocols": [], "query_string": b""}
    asyncio.run(app_of(InlinePuppet)(scope, receive, send))
    return sent


def test_what_an_author_adds_answers_for_itself() -> None:
    app = app_of(InlinePuppet)

    @app.get("/levels/{name}")
    def level(name: str) -> str:
        raise HTTPException(404 if name == "none" else 405, f"no level {name}")

    @app.websocket("/watch")
    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("on")
        await socket.close()

    served = Served(app)
    try:
        with served.http() as http:
            answers = [http.get("/levels/none"), http.get("/levels/odd"), http.post("/levels/1")]
        assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
            (404, "no level none"),
            (405, "no level odd"),
            (405, "Method Not Allowed"),
        ]
        with connect(served.ws.removesuffix("/ws") + "/watch", proxy=None) as socket:
            assert socket.recv() == "on"
    finally:
        served.stop()
