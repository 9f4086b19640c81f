"""What the server has at which path, and what it tells who asks for something else."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from fastapi import APIRouter, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from openenv.errors import UnknownRouteError
from openenv.server.problems import error_response
from openenv.server.security import Receive, Scope, Send, path_of, refuse

_WEBSOCKET = "WebSocket"
_DEPLOYED = ("/health", "/metadata", "/reset", "/schema", "/state", "/step")
"""Paths that openenv 0.10 has as well; a wrong method is answered there as it does."""

_ALIKE = 0.75
"""From here on a path is taken for a misspelt one."""


class RouteTable:
    """Answers what no route does.

    Args:
        routers: The server's routes over HTTP.
    """

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._methods: dict[str, set[str]] = {"/ws": {_WEBSOCKET}}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path, set()).update(route.methods or ())

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404, before a WebSocket opens; an ASGI app."""
        method, path = scope.get("method", _WEBSOCKET), path_of(scope)
        near = f"{_WEBSOCKET} /ws" if method == _WEBSOCKET else self._nearest(method, path)
        hint = f"did you mean {near}?" if near else "GET /docs shows what there is"
        error = UnknownRouteError(f"there is no {method} {path}; {hint}")
        await refuse(scope, receive, send, error_response(error))

    async def wrong_method(self, request: Request, error: Exception) -> Response:
        """Answer 405 and say which methods the path takes; an exception handler."""
        assert isinstance(error, HTTPException)
        path = path_of(request.scope)
        taken = sorted(set().union(*(these for known, these in self._methods.items() if _likeness(known, path) == 1)))
        if not taken or request.method in taken:  # a route that the author has added refuses it
            return await http_exception_handler(request, error)
        allow = {"Allow": ", ".join(taken)}
        if path in _DEPLOYED:
            return JSONResponse({"detail": error.detail}, 405, allow)
        said = f"there is no {request.method} {path}; this path takes {' and '.join(taken)}"
        return error_response(UnknownRouteError(said), 405, allow)

    def _nearest(self, method: str, path: str) -> str | None:
        """Name the route that somebody may have misspelt."""
        known = max(self._methods, key=lambda known: _likeness(known, path))
        if _likeness(known, path) < _ALIKE:
            return None
        methods = self._methods[known]
        return f"{method if method in methods else ' or '.join(sorted(methods))} {known}"


def _likeness(known: str, path: str) -> float:
    """Say how alike a route and a path are where they differ most, from 0 to 1; a parameter may be anything."""
    own, given = known.split("/"), path.split("/")
    if len(own) != len(given):
        return 0.0
    fixed = [(word, other) for word, other in zip(own, given, strict=True) if not word.startswith("{")]
    return min(SequenceMatcher(None, word, other).ratio() for word, other in fixed)
