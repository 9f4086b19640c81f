"""Plain HTTP to the server under test: one request, one reply, whatever its status."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import unquote, urlsplit

from openenv.client.address import is_loopback, without_credentials
from openenv.validation.check import ProbeError
from openenv.validation.wording import brief

_MAX_BODY = 64 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """An HTTP reply.

    Attributes:
        request: Method and path of what it answers, for messages.
        status: The status code.
        headers: The headers.
        body: The body.
    """

    request: str
    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        """What the body is said to be, without parameters."""
        return self.headers.get_content_type()

    def json(self) -> Any:
        """Read the body as JSON.

        Raises:
            ProbeError: It is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ProbeError(f"{self.request} answered {self} instead of JSON") from None

    def object(self) -> dict[str, Any]:
        """Read the body of a successful reply as a JSON object.

        Raises:
            ProbeError: The status is no success, or the body is none.
        """
        if not 200 <= self.status < 300:
            raise ProbeError(f"{self.request} answered {self}")
        value = self.json()
        if not isinstance(value, dict):
            raise ProbeError(f"{self.request} answered {brief(value)} instead of a JSON object")
        return value

    @property
    def code(self) -> str | None:
        """The code of a typed error, if the body is one."""
        return str(self._fields["code"]) if self.says("code") else None

    def says(self, field: str) -> bool:
        """Whether the body is a JSON object with this field."""
        return field in self._fields

    @property
    def _fields(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def __str__(self) -> str:
        said = (
            f"{self.code}: {self._fields.get('message')}" if self.says("code") else self.body.decode("utf-8", "replace")
        )
        return f"{self.status} {brief(said)}".rstrip()


class Web:
    """The HTTP side of a server.

    Args:
        base_url: Where it is, ``http`` or ``https``; a user's name and password in it are sent as ``Authorization``.
        timeout_s: The longest wait for an answer, in seconds.
        headers: What it asks for of whoever speaks to it, if anything.
    """

    def __init__(self, base_url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
        self.base_url = without_credentials(base_url).rstrip("/")
        self.reset_options: Mapping[str, Any] = {}
        """What each reset gets beside what it is asked for."""
        self._timeout_s = timeout_s
        self._headers = {**_basic(base_url), **(headers or {})}
        # Through a proxy, a loopback address would be the proxy's own.
        direct = [urllib.request.ProxyHandler({})] if is_loopback(base_url) else []
        self._opener = urllib.request.build_opener(*direct)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a GET request."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, content: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a POST request with a JSON body, or with these bytes as they are."""
        if path.endswith("/reset") and self.reset_options and (content is None or isinstance(content, dict)):
            content = {**self.reset_options, **(content or {})}
        body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        return self._send("POST", path, body, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a DELETE request."""
        return self._send("DELETE", path, None, headers)

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> Reply:
        kind = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(
            self.base_url + path, data=body, method=method, headers={**self._headers, **kind, **(headers or {})}
        )
        name = f"{method} {path}"
        until = time.monotonic() + self._timeout_s
        try:
            with self._answered(request) as answer:
                return Reply(name, answer.status, answer.headers, _body(answer, until))
        except (OSError, ValueError, HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(reason, TimeoutError):
                raise ProbeError(f"{name} was not answered within {self._timeout_s:g} s") from None
            lost = isinstance(reason, (OSError, IncompleteRead))
            raise ProbeError(f"{name} was not answered: {reason}", lost=lost) from None

    def _answered(self, request: urllib.request.Request) -> Any:
        """Send a request; gives the answer, whatever its status, of which the body is still to be read."""
        try:
            return self._opener.open(request, timeout=self._timeout_s)
        except urllib.error.HTTPError as answer:
            return answer


def _body(answer: Any, until: float) -> bytes:
    """Read a body as it comes, or raise ``TimeoutError`` where it goes on after a moment of ``time.monotonic``."""
    body = bytearray()
    while len(body) < _MAX_BODY:
        piece = answer.read1(_PIECE)
        if not piece:
            break
        body += piece
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(body)


def _basic(url: str) -> dict[str, str]:
    """The header for a user's name and password in an address (RFC 7617)."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
