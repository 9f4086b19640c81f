"""The HTTP routes that need no session: what the server is, and deployed OpenEnv's throw-away calls."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from openenv.errors import InvalidJSONError, RequestValidationError
from openenv.protocol import frames
from openenv.protocol.faults import text_of
from openenv.protocol.frames import request_frame
from openenv.server.bodies import Health, Readiness, ResetRequest, Schemas, StepRequest, ThrowAwayResult
from openenv.server.metadata import describe
from openenv.server.problems import ProblemRoute, reply_response
from openenv.server.security import is_local
from openenv.sessions.service import SessionService
from openenv.types import EnvironmentMetadata


def information_routes(service: SessionService, readme: str | None, reset_observation_type: Any) -> APIRouter:
    """Make the routes that say what the server is.

    Args:
        service: Its sessions.
        readme: The environment's README, if there is one.
        reset_observation_type: The class of what reset returns.

    Returns:
        A router.
    """
    router = APIRouter(route_class=ProblemRoute)
    blueprint = service.blueprint
    described: EnvironmentMetadata | None = None

    @router.get("/", include_in_schema=False)
    def index() -> Response:
        return RedirectResponse("/docs")

    @router.get(
        "/metadata",
        tags=["Environment Info"],
        response_model=EnvironmentMetadata,
        summary="What is this environment?",
    )
    async def metadata() -> Any:
        nonlocal described  # once: an environment may have to be made for it
        described = described or await describe(service, readme)
        return described

    @router.get("/schema", tags=["Schema"], summary="JSON Schemas of actions, observations and state")
    def schema() -> Schemas:
        models = (blueprint.action_type, blueprint.observation_type, blueprint.state_type, reset_observation_type)
        action, observation, state, first = (TypeAdapter(model).json_schema() for model in models)
        return Schemas(action=action, observation=observation, state=state, reset_observation=first)

    return router


def health_routes(service: SessionService) -> APIRouter:
    """Make the routes that say how the server does, for those who run it."""
    router = APIRouter(route_class=ProblemRoute)

    @router.head("/health", include_in_schema=False)
    @router.get("/health", tags=["Health"], summary="Is the server healthy?")
    async def health(response: Response) -> Health:  # in the loop, like all that looks at the sessions
        if service.healthy:
            return Health()
        response.status_code = 503
        return Health(status="unhealthy")

    @router.get("/ready", tags=["Health"], summary="Would a new session be taken?")
    async def ready(response: Response) -> Readiness:
        readiness = _readiness(service)
        response.status_code = 200 if readiness.status == "ready" else 503
        return readiness

    return router


def throw_away_routes(service: SessionService) -> APIRouter:
    """Make the routes that build an environment for a single call, as deployed OpenEnv has them."""
    router = APIRouter(tags=["Environment Control"], route_class=ProblemRoute)
    action_type = TypeAdapter(service.blueprint.action_type)
    state_type = service.blueprint.state_type

    async def play(request: Request, wanted: frames.Request) -> Any:
        reply = await service.throw_away.play(wanted, verbose=is_local(request.scope))
        return reply_response(reply) if reply.kind == "error" else from_json(reply.body)

    @router.post("/reset", response_model=ThrowAwayResult, summary="Reset a throw-away environment")
    async def reset(request: Request, body: Annotated[ResetRequest, Body(default_factory=ResetRequest)]) -> Any:
        options = body.model_dump(exclude_unset=True)
        return await play(request, frames.Request("reset", options, raw=_frame("reset", options)))

    @router.post("/step", response_model=ThrowAwayResult, summary="Step a throw-away environment")
    async def step(request: Request, body: StepRequest) -> Any:
        raw = _frame("step", body.action)
        try:
            action = action_type.validate_python(body.action)
        except ValidationError as error:
            raise HTTPException(422, json.loads(error.json())) from None
        except BaseException as error:  # a model's own validators may raise anything
            raise RequestValidationError(f"invalid action: {type(error).__name__}: {text_of(error)}") from error
        extras = body.model_dump(exclude_unset=True, exclude={"action"})
        return await play(request, frames.Request("step", action, timeout_s=body.timeout_s, raw=raw, extras=extras))

    @router.get("/state", response_model=state_type, summary="The state of a throw-away environment")
    async def state(request: Request) -> Any:
        return await play(request, frames.Request("state", raw=request_frame("state", None, None)))

    return router


def _frame(kind: str, data: dict[str, Any]) -> str:
    """Write the frame that a worker process reads, as if it had come over a socket."""
    try:
        return request_frame(kind, None, to_json(data).decode())
    except ValueError as error:
        raise InvalidJSONError(f"the body cannot be read: {text_of(error)}") from None


def _readiness(service: SessionService) -> Readiness:
    store, most = service.store, service.settings.limits.max_sessions
    return Readiness(
        status="draining" if store.draining else "full" if store.active >= most else "ready",
        active_sessions=store.active,
        max_sessions=most,
        waiting=store.waiting,
        stuck=service.stuck,
    )


async def unhandled(request: Request, error: Exception) -> Response:
    """Answer an exception that no route expected, without its text."""
    return JSONResponse({"code": "EXECUTION_ERROR", "message": type(error).__name__, "detail": None}, 500)
