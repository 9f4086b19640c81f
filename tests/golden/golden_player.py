"""Plays a script against a running server and writes down every answer exactly."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, ExitStack
from http.client import HTTPConnection
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

Transcript = dict[str, Any]

PATIENCE_S = 30
_VERSIONED_URL = re.compile(r"(https://errors\.pydantic\.dev)/\d+\.\d+/")


def play(address: str, script: Transcript) -> Transcript:
    """Send all that a script, or an earlier transcript, sends.

    Args:
        address: The server, as ``host:port``.
        script: What to send; answers that it holds already are ignored.

    Returns:
        The script with the answers filled in.
    """
    return {
        "sessions": [_play_session(address, session) for session in script["sessions"]],
        "requests": [_play_request(address, request) for request in script["requests"]],
    }


def _play_session(address: str, session: Transcript) -> Transcript:
    with ExitStack() as stack:
        for _ in range(session["beside"]):
            other = stack.enter_context(_connected(address))
            stack.callback(_leave, other)
            _exchange(other, ['{"type":"state"}'])  # An answer shows that its session has been made.
        socket = stack.enter_context(_connected(address))
        exchanges = [_exchange(socket, one["send"]) for one in session["exchanges"]]
        end = session["end"] and _ending(socket, session["end"]["send"])
    return {"title": session["title"], "beside": session["beside"], "exchanges": exchanges, "end": end}


def _connected(address: str) -> AbstractContextManager[ClientConnection]:
    return connect(f"ws://{address}/ws", proxy=None)


def _leave(socket: ClientConnection) -> None:
    _ending(socket, ['{"type":"close"}'])


def _exchange(socket: ClientConnection, frames: list[str]) -> Transcript:
    for frame in frames:
        socket.send(frame)
    return {"send": frames, "receive": [_receive(socket) for _ in frames]}


def _ending(socket: ClientConnection, frames: list[str]) -> Transcript:
    for frame in frames:
        socket.send(frame)
    received = []
    try:
        while True:
            received.append(_receive(socket))
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else None
    return {"send": frames, "receive": received, "code": code}


def _receive(socket: ClientConnection) -> str:
    return _without_version(str(socket.recv(timeout=PATIENCE_S)))


def _play_request(address: str, request: Transcript) -> Transcript:
    connection = HTTPConnection(address, timeout=PATIENCE_S)
    body = request["body"]
    headers = {} if body is None else {"Content-Type": "application/json"}
    connection.request(request["method"], request["path"], None if body is None else body.encode(), headers)
    response = connection.getresponse()
    answer = {
        "status": response.status,
        "content_type": response.headers["Content-Type"],
        "text": _without_version(response.read().decode()),
    }
    connection.close()
    return {"method": request["method"], "path": request["path"], "body": body, "answer": answer}


def _without_version(text: str) -> str:
    """Pydantic's links name its version, which is nothing of the protocol."""
    return _VERSIONED_URL.sub(r"\1/VERSION/", text)
