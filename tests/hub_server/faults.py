"""What goes wrong because it was told to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    """What happens to requests in place of an answer.

    Attributes:
        request: A pattern for the beginning of method and path, for example ``POST /api/.*/commit/``.
        status: The status to answer with; 0 hangs up.
        message: What is said about it.
        retry_after_s: The header ``Retry-After``.
        after_bytes: Hang up only once so much of the request's body has come.
        done: Hang up only once it is done what was asked for: the answer alone is lost.
        times: How many requests it happens to; all of them where left out.
        seen: How many it has happened to.
    """

    request: str
    status: int = 0
    message: str = "out of order"
    retry_after_s: int | None = None
    after_bytes: int = 0
    done: bool = False
    times: int | None = None
    seen: int = 0

    def hits(self, method: str, path: str) -> bool:
        """Whether this request is one of them."""
        return (self.times is None or self.seen < self.times) and re.match(self.request, f"{method} {path}") is not None


@dataclass
class Faults:
    """All faults that the Hub has now, and what it was asked."""

    told: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Have one more."""
        self.told.append(fault)
        return fault

    def clear(self) -> None:
        """Have none, and forget what was asked."""
        self.told.clear()
        self.requests.clear()

    def around(self, app: ASGIApp) -> ASGIApp:
        """Make an app that has them; its routes see paths as they were sent, where %2F is no slash."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            method, path = scope["method"], scope["raw_path"].decode("ascii")
            self.requests.append(f"{method} {path}")
            hit = (fault for fault in self.told if fault.hits(method, path) and not path.startswith("/_control/"))
            fault = next(hit, None)
            if fault is not None:
                fault.seen += 1
            if fault is None or fault.done:
                await app({**scope, "path": path}, receive, send if fault is None else _lost)
            elif fault.status:
                await _refusal(fault)(scope, receive, send)
            else:
                await _read(receive, fault.after_bytes)
            if fault is not None and not fault.status:
                await _hang_up(receive, send)

        return faulty


def _refusal(fault: Fault) -> JSONResponse:
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    return JSONResponse({"error": fault.message}, fault.status, {"X-Error-Message": fault.message, **headers})


async def _lost(_: Message) -> None:
    """Take an answer that nobody gets."""


async def _read(receive: Receive, size: int) -> None:
    """Read so much of a request's body."""
    come, more = 0, True
    while come < size and more:
        message = await receive()
        come, more = come + len(message.get("body", b"")), message.get("more_body", False)


async def _hang_up(receive: Receive, send: Send) -> None:
    # No message of ASGI cuts a connection; ``send`` is a method of the object that holds it.
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass
