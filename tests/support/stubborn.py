"""A raw v2 client that follows the protocol: it resumes and repeats until it has its reply."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from support.wire import Frame, V2Client, code_of, request, v2

GONE = (ConnectionClosed, InvalidHandshake, OSError, EOFError)
TRIES = 20


class StubbornClient:
    """One session, over as many sockets as it takes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = ExitStack()
        self._client: V2Client | None = None
        self._number = 0
        self.session: Frame | None = None
        self.sockets = 0

    def open(self, wait_s: float = 0.0) -> None:
        """Open the session; where nobody knows whether that worked, a new one."""
        for _ in range(TRIES):
            try:
                client = self._connect()
                answer = client.ask({"type": "open", "data": {"wait_s": wait_s}})
                self.session = (client.receive() if answer["type"] == "queued" else answer)["data"]
            except GONE:
                continue
            assert "session_token" in self.session, self.session
            return
        raise AssertionError("no session could be opened")

    def request(self, kind: str, data: Any = None) -> Frame:
        """Have one request answered."""
        self._number += 1
        frame = request(kind, self._number, data)
        for _ in range(TRIES):
            try:
                reply = self._held().ask(frame)
            except GONE:
                self._client = None
                continue
            assert reply["id"] == self._number, reply
            return reply
        raise AssertionError(f"no reply to {frame}")

    def step(self, do: str = "add", **action: Any) -> Frame:
        """Step a puppet."""
        return self.request("step", {"do": do, **action})

    def close(self) -> None:
        """End the session, and see that it has ended."""
        assert self.session is not None
        for _ in range(TRIES):
            try:
                client = self._connect()
                answer = client.resume(self.session)
                if answer["type"] == "error":
                    assert code_of(answer) == "SESSION_EXPIRED"
                    return
                client.send(request("close", self._number + 1))
                client.ending()
            except GONE:
                continue
        raise AssertionError("the session does not end")

    def leave(self) -> None:
        """Let go of every socket."""
        self._stack.close()

    def _held(self) -> V2Client:
        """The socket that holds the session, a new one where the last is gone."""
        if self._client is None:
            client = self._connect()
            assert self.session is not None
            answer = client.resume(self.session)
            assert answer["type"] == "session", answer
            assert answer["data"]["last_id"] in (self._number - 1, self._number), answer
        assert self._client is not None
        return self._client

    def _connect(self) -> V2Client:
        self._client = None
        self._client = self._stack.enter_context(v2(self._url))
        self.sockets += 1
        return self._client
