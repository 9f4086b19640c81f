"""Errors as HTTP responses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError as RefusedParameters
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from openenv.errors import OpenEnvError, RequestValidationError
from openenv.protocol.frames import Reply
from openenv.server.bodies import ErrorBody
from openenv.sessions.host import error_reply

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_STATUS = {
    "INVALID_JSON": 422,
    "VALIDATION_ERROR": 422,
    "UNKNOWN_TYPE": 422,
    "INVALID_ACTION": 422,
    "UNAUTHORIZED": 403,
    "UNKNOWN_ROUTE": 404,
    "SESSION_NOT_FOUND": 404,
    "SESSION_EXPIRED": 410,
    "BUSY": 409,
    "ID_REUSED": 409,
    "RESET_REQUIRED": 409,
    "CAPACITY_REACHED": 503,
    "DRAINING": 503,
    "TIMEOUT": 504,
    "SESSION_ERROR": 501,
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody} for status in sorted({*_STATUS.values(), 401, 500})
}
"""The error responses of the session routes, for the OpenAPI document."""


def reply_response(reply: Reply) -> Response:
    """Put a session's reply in a response.

    Args:
        reply: A result, or an error.

    Returns:
        200 with the result, or the status of the error's code.
    """
    if reply.kind != "error":
        return Response(reply.body, media_type="application/json")
    data: dict[str, Any] = from_json(reply.body)
    body = {
        "code": data.pop("code"),
        "message": data.pop("message"),
        "correlation_id": data.pop("correlation_id", None),
        "detail": data or None,
    }
    retry_after = data.get("retry_after_s")
    headers = {} if retry_after is None else {"Retry-After": str(max(1, round(retry_after)))}
    return JSONResponse(body, _STATUS.get(body["code"], 500), headers)


def error_response(
    error: OpenEnvError, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Put an error in a response.

    Args:
        error: The error.
        status: The status; that of its code where left out.
        headers: Headers beside those that the error has.

    Returns:
        The response.
    """
    response = reply_response(error_reply(error))
    response.status_code = status or response.status_code
    response.headers.update(headers or {})
    return response


class ProblemRoute(APIRoute):
    """A route that answers the errors of this package with the status of their code."""

    def get_route_handler(self) -> Handler:
        """Put the handler behind one that turns errors into responses."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except OpenEnvError as error:
                return error_response(error)

        return answered


class SessionRoute(ProblemRoute):
    """A route of which every error has this project's own form, also what the framework refuses."""

    def get_route_handler(self) -> Handler:
        """Put the handler behind one that turns errors into responses."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RefusedParameters as refused:
                return error_response(_explained(refused))

        return answered


def _explained(refused: RefusedParameters) -> RequestValidationError:
    problems = [{key: one[key] for key in ("type", "loc", "msg")} for one in refused.errors()]
    where = ".".join(map(str, problems[0]["loc"]))
    return RequestValidationError(f"invalid request: {where}: {problems[0]['msg']}", {"errors": problems})
