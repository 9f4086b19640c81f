"""H004 - H009 and H020: the routes that say what the server is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openenv.validation.check import Finding, NotChecked, ProbeError, Stage, check
from openenv.validation.json_schema import schema_problem
from openenv.validation.serving.openapi import openapi_problems
from openenv.validation.serving.server import Server
from openenv.validation.wording import brief

_NEEDED_ROUTES = ("/health", "/schema", "/metadata", "/reset", "/step", "/state")


@check("H004", "/health says healthy", stage=Stage.SERVER, mend='answer GET /health with {"status": "healthy"}')
def health_is_healthy(server: Server) -> Iterator[Finding]:
    """Orchestrators look here."""
    reply = server.web.get("/health")
    if reply.status != 200 or reply.json() != {"status": "healthy"}:
        yield Finding(f"GET /health answered {reply}", "GET /health")


@check("H005", "/ready takes a new session", stage=Stage.SERVER, v2=True, mend="serve with openenv.server")
def server_is_ready(server: Server) -> Iterator[Finding]:
    """Load balancers look here."""
    reply = server.web.get("/ready")
    if reply.status == 503 and not server.ours:
        raise NotChecked(f"other sessions are there: {reply}")
    if reply.status != 200 or reply.object().get("status") != "ready":
        yield Finding(f"GET /ready answered {reply}", "GET /ready")


@check("H006", "/docs is a page", stage=Stage.SERVER, mend="serve an app made by create_app")
def docs_are_shown(server: Server) -> Iterator[Finding]:
    """People look here."""
    reply = server.web.get("/docs")
    if reply.status != 200 or reply.media_type != "text/html":
        yield Finding(f"GET /docs answered {reply.status} with {reply.media_type}", "GET /docs")


@check("H007", "/openapi.json describes the routes", stage=Stage.SERVER, mend="serve an app made by create_app")
def routes_are_described(server: Server) -> Iterator[Finding]:
    """Generators of clients look here."""
    document = server.web.get("/openapi.json").object()
    if not str(document.get("openapi")).startswith("3."):
        yield Finding(f"openapi is {brief(document.get('openapi'))}, not 3.x", "GET /openapi.json")
    paths = document.get("paths")
    for route in _NEEDED_ROUTES:
        if not isinstance(paths, dict) or route not in paths:
            yield Finding(f"{route} is not described", "GET /openapi.json")


@check(
    "H020",
    "/openapi.json is valid",
    stage=Stage.SERVER,
    needs=("H007",),
    mend="correct what describes the routes that you have added; FastAPI writes the rest",
)
def openapi_is_valid(server: Server) -> Iterator[Finding]:
    """Generators of clients give up on a document that is not."""
    for problem in openapi_problems(server.web.get("/openapi.json").object()):
        yield Finding(problem, "GET /openapi.json")


@check("H008", "/metadata says what the environment is", stage=Stage.SERVER, mend="override get_metadata")
def metadata_is_filled(server: Server) -> Iterator[Finding]:
    """At least a name and a description."""
    metadata = server.web.get("/metadata").object()
    for name in ("name", "description"):
        if not isinstance(metadata.get(name), str) or not metadata[name]:
            yield Finding(f"'{name}' is {metadata.get(name)!r}, not a text", "GET /metadata")


@check(
    "H009",
    "/schema describes action, observation and state",
    stage=Stage.SERVER,
    mend="use fields that pydantic can describe as JSON Schema",
)
def schemas_are_schemas(server: Server) -> Iterator[Finding]:
    """Each is a JSON Schema of an object, and a state has its two fields."""
    try:
        schemas = server.web.get("/schema").object()
    except ProbeError as error:
        yield error.finding("GET /schema")
        return
    for name in ("action", "observation", "state"):
        if name not in schemas:
            yield Finding(f"'{name}' is missing", "GET /schema")
            continue
        problem = schema_problem(schemas[name])
        if problem is not None:
            yield Finding(f"the schema of {name} is none: {problem}", "GET /schema")
        elif name == "state":
            yield from _state_fields(schemas[name])


def _state_fields(schema: dict[str, Any]) -> Iterator[Finding]:
    for name in ("episode_id", "step_count"):
        if name not in schema.get("properties", {}):
            yield Finding(f"the schema of state has no '{name}'", "GET /schema", "let the state derive from State")
