"""``/sessions``: the whole loop over plain HTTP, for any language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic_core import from_json, to_json

from openenv.errors import InvalidJSONError, RequestValidationError, SessionError, SessionNotFoundError
from openenv.protocol import frames
from openenv.protocol.frames import FrameDecoder, Reply
from openenv.server.bodies import ResetRequest, SessionOpened, SessionResult, SessionStatus, StepRequest
from openenv.server.problems import RESPONSES, SessionRoute, reply_response
from openenv.server.security import is_local
from openenv.sessions.service import SessionService
from openenv.sessions.session import Session
from openenv.sessions.store import Phase

_UNGUESSABLE = 16
"""The fewest characters of a name that nobody else can hit upon."""

Wait = Annotated[float, Query(ge=0, allow_inf_nan=False, description="Seconds to wait for a slot")]
Token = Annotated[str, Header(alias="X-OpenEnv-Session", description="The session's token")]


class SessionRoutes:
    """The routes, and what they share.

    Args:
        service: Where sessions come from.
        decoder: Reads what the bodies say.
        available: Whether sessions can be found again by the next request.
    """

    def __init__(self, service: SessionService, decoder: FrameDecoder, available: Callable[[], bool]) -> None:
        self._service = service
        self._decoder = decoder
        self._available = available
        self._opening: dict[str, asyncio.Task[Session]] = {}

    def router(self) -> APIRouter:
        """Put the routes in a router."""
        router = APIRouter(prefix="/sessions", tags=["Sessions"], responses=RESPONSES, route_class=SessionRoute)
        session = "/{session_id}"
        router.add_api_route("", self.create, methods=["POST"], status_code=201, response_model=SessionOpened)
        router.add_api_route(session, self.status, methods=["GET"], response_model=SessionStatus)
        router.add_api_route(session, self.delete, methods=["DELETE"], status_code=204)
        router.add_api_route(f"{session}/state", self.state, methods=["GET"])
        for name, model in (("reset", ResetRequest), ("step", StepRequest)):
            body = {"content": {"application/json": {"schema": model.model_json_schema()}}}
            router.add_api_route(
                f"{session}/{name}",
                getattr(self, name),
                methods=["POST"],
                response_model=SessionResult,
                openapi_extra={"requestBody": body},
            )
        return router

    async def create(self, request: Request, wait_s: Wait = 0.0) -> Response:
        """Open a session; with a ``request_id`` in the body, a retry gives the same one."""
        self._require_available()
        body = await _json_object(request)
        name = _request_name(body)
        if name is not None and len(name) < _UNGUESSABLE:
            # Whoever sends the name of somebody's creation is given that session.
            raise RequestValidationError(f"request_id of a new session has at least {_UNGUESSABLE} characters: a UUID")
        _refuse_rest(body, "a session is opened with request_id")
        session = await self._opened(request, name, wait_s)
        opened = SessionOpened(
            session_id=session.id,
            session_token=session.lease.token,
            expires_in_s=self._service.settings.limits.idle_timeout_s,
        )
        return Response(opened.model_dump_json(), 201, media_type="application/json")

    async def reset(self, session_id: str, token: Token, request: Request) -> Response:
        """Begin an episode; the body holds the options."""
        return await self._play(session_id, token, "reset", request)

    async def step(self, session_id: str, token: Token, request: Request) -> Response:
        """Take an action."""
        return await self._play(session_id, token, "step", request)

    async def state(self, session_id: str, token: Token) -> Response:
        """Look at the episode's bookkeeping."""
        return await self._play(session_id, token, "state", None)

    async def status(self, session_id: str, token: Token) -> Any:
        """Say where the session stands."""
        session = self._found(session_id, token)
        return SessionStatus(
            session_id=session_id, steps=session.steps, playing=session.playing, running=session.running
        )

    async def delete(self, session_id: str, token: Token) -> Response:
        """End the session; its slot is free again where its environment closes in time."""
        await self._service.finish(self._found(session_id, token), "closed")
        return Response(status_code=204)

    async def _play(self, session_id: str, token: str, kind: str, request: Request | None) -> Response:
        body = {} if request is None else await _json_object(request)
        session = self._found(session_id, token)
        wanted = self._wanted(kind, body)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        session.submit(wanted, lambda reply, _: None if answer.done() else answer.set_result(reply))
        return reply_response(await answer)

    def _wanted(self, kind: str, body: dict[str, Any]) -> frames.Request:
        """Read a body with the codec of frames."""
        name, timeout_s, data = _request_name(body), body.pop("timeout_s", None), body
        if kind == "step":
            data = body.pop("action", None)
            _refuse_rest(body, "step takes action, timeout_s, request_id")
        frame = {"type": kind, "id": 1, "data": data, **({} if timeout_s is None else {"timeout_s": timeout_s})}
        if kind == "state":
            del frame["data"]
        request = self._decoder.decode(to_json(frame).decode())
        if request.kind == "invalid":
            raise request.data
        request.id = name
        return request

    def _found(self, session_id: str, token: str) -> Session:
        self._require_available()
        return self._service.find(session_id, token, http=True)

    def _require_available(self) -> None:
        if not self._available():
            raise SessionError("this server runs several workers; sessions over HTTP need a single one")

    async def _opened(self, request: Request, name: str | None, wait_s: float) -> Session:
        """Open a session, or wait for the one that is being opened under this name."""
        opening = None if name is None else self._opening.get(name)
        if opening is None or _is_over(opening):
            verbose = is_local(request.scope)
            opening = asyncio.ensure_future(self._service.open(Phase.UNATTACHED, wait_s=wait_s, verbose=verbose))
            self._opening = {key: task for key, task in self._opening.items() if not _is_over(task)}
            if name is not None:
                self._opening[name] = opening
        gone = asyncio.ensure_future(request.receive())  # the body has been read: what comes now is the client's end
        await asyncio.wait([opening, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not opening.done() and name is None:
            opening.cancel()
            raise SessionNotFoundError("the client is gone, and nobody else can ask for this session")
        return await asyncio.shield(opening)


def _is_over(opening: asyncio.Task[Session]) -> bool:
    if not opening.done():
        return False
    return opening.cancelled() or opening.exception() is not None or opening.result().ended is not None


def _request_name(body: dict[str, Any]) -> str | None:
    """Take the request's name out of a body."""
    name = body.pop("request_id", None)
    if name is None or (isinstance(name, str) and 0 < len(name) <= 255):
        return name
    raise RequestValidationError("request_id is a string of 1 to 255 characters")


def _refuse_rest(body: dict[str, Any], taken: str) -> None:
    if body:
        raise RequestValidationError(f"unknown field {min(body)!r}; {taken}", {"unknown": sorted(body)})


async def _json_object(request: Request) -> dict[str, Any]:
    """Read a body that is a JSON object, or nothing."""
    content = await request.body()
    try:
        body = from_json(content) if content.strip() else {}
    except ValueError as error:
        raise InvalidJSONError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise RequestValidationError(f"the body is a JSON object, not {type(body).__name__}")
    return body
