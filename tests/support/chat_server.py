"""A small server that speaks OpenAI's chat completions, with replies that the test has written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Said = str | dict[str, Any] | int
"""Text, or the arguments of a call; an HTTP status in the place of a reply; or "", for JSON that is no reply."""


class ChatServer:
    """Says what it is told to, in order, the last one again and again; keeps what it was asked."""

    def __init__(self, replies: list[Said]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._replies = replies
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
        said = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        self.keys.append(key)
        if isinstance(said, int):
            return said, {"error": {"message": "out of order", "type": "server_error"}}
        message: dict[str, Any] = {"role": "assistant", "content": said if isinstance(said, str) else None}
        if isinstance(said, dict):
            function = {"name": request["tools"][0]["function"]["name"], "arguments": json.dumps(said)}
            message["tool_calls"] = [{"id": "call-1", "type": "function", "function": function}]
        if said == "":
            return 200, {}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        about = {"id": "chat-1", "object": "chat.completion", "created": 0, "model": request["model"]}
        return 200, {**about, "choices": [choice]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/chat/completions"
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, content = chat._answer(request, self.headers["Authorization"])
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler


@contextmanager
def chat_server(*replies: Said) -> Iterator[ChatServer]:
    """Run such a server for the length of a block."""
    server = ChatServer(list(replies))
    try:
        yield server
    finally:
        server.close()
