"""``/sessions``: the whole loop over plain HTTP, for any language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic_core import from_json, to_json

from openenv.errors import InvalidJSONError, OpenEnvError, RequestValidationError, SessionError
from openenv.protocol import frames
from openenv.protocol.frames import FrameDecoder, Reply
from openenv.server.bodies import ResetRequest, SessionOpened, SessionResult, SessionStatus, StepRequest
from openenv.server.problems import RESPONSES, error_response, reply_response
from openenv.server.security import is_loopback
from openenv.sessions.service import SessionService
from openenv.sessions.session import Session
from openenv.sessions.store import Phase

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
        router = APIRouter(prefix="/sessions", tags=["Sessions"], responses=RESPONSES)
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

    async def create(
        self, request: Request, wait_s: Annotated[float, Query(ge=0, description="Seconds to wait for a slot")] = 0.0
    ) -> Response:
        """Open a session; with a ``request_id`` in the body, a retry gives the same one."""
        try:
            self._require_available()
            name = (await _json_object(request)).get("request_id")
            session = await self._opened(name, wait_s, is_loopback(request.scope))
        except OpenEnvError as error:
            return error_response(error)
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
        try:
            session = self._found(session_id, token)
        except OpenEnvError as error:
            return error_response(error)
        return SessionStatus(
            session_id=session_id, steps=session.steps, playing=session.playing, running=session.running
        )

    async def delete(self, session_id: str, token: Token) -> Response:
        """End the session."""
        try:
            self._service.end(self._found(session_id, token), "closed")
        except OpenEnvError as error:
            return error_response(error)
        return Response(status_code=204)

    async def _play(self, session_id: str, token: str, kind: str, request: Request | None) -> Response:
        try:
            session = self._found(session_id, token)
            body = {} if request is None else await _json_object(request)
            wanted = self._wanted(kind, body)
        except OpenEnvError as error:
            return error_response(error)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        session.submit(wanted, lambda reply, _: None if answer.done() else answer.set_result(reply))
        return reply_response(await answer)

    def _wanted(self, kind: str, body: dict[str, Any]) -> frames.Request:
        """Read a body with the codec of frames."""
        body = dict(body)
        name, timeout_s = body.pop("request_id", None), body.pop("timeout_s", None)
        if name is not None and not (isinstance(name, str) and len(name) <= 255):
            raise RequestValidationError("request_id is a string of at most 255 characters")
        data = body
        if kind == "step":
            data = body.pop("action", None)
            if body:
                raise RequestValidationError(
                    f"unknown field {sorted(body)[0]!r}; step takes action, timeout_s, request_id"
                )
        frame = {"type": kind, "id": 1, "data": data, **({} if timeout_s is None else {"timeout_s": timeout_s})}
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

    async def _opened(self, name: Any, wait_s: float, verbose: bool) -> Session:
        if name is None:
            return await self._service.open(Phase.UNATTACHED, wait_s=wait_s, verbose=verbose)
        opening = self._opening.get(str(name))
        if opening is None or _is_over(opening):
            opening = asyncio.ensure_future(self._service.open(Phase.UNATTACHED, wait_s=wait_s, verbose=verbose))
            self._opening = {key: task for key, task in self._opening.items() if not _is_over(task)}
            self._opening[str(name)] = opening
        return await asyncio.shield(opening)


def _is_over(opening: asyncio.Task[Session]) -> bool:
    if not opening.done():
        return False
    return opening.cancelled() or opening.exception() is not None or opening.result().ended is not None


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
