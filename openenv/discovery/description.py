"""What a server says of its environment, all in one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openenv.client.address import http_url
from openenv.client.generic import GenericEnvClient
from openenv.discovery.schemas import TIMEOUT_S, asked, schemas_at
from openenv.discovery.started import started
from openenv.discovery.target import ImageTarget, Served, SpaceTarget, UrlTarget
from openenv.shapes.document import SchemaDocument
from openenv.shapes.schemas import Schemas
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.json_schema import schema_problem
from openenv.validation.play.actions import ActionMaker
from openenv.validation.play.values import CannotMake
from openenv.validation.serving.web import Web

_READY = (200, 503)  # a server that takes no more sessions says how many it has with 503


@dataclass(frozen=True)
class Description:
    """An environment as its server describes it.

    Attributes:
        target: What was asked.
        metadata: What ``GET /metadata`` says: name, description, version …
        schemas: What it takes and gives.
        capacity: What ``GET /ready`` says: how many sessions there are and may be; ``None`` where it does not say.
        example: An action that fits; ``None`` where none was found.
    """

    target: str
    metadata: Mapping[str, Any]
    schemas: Schemas
    capacity: Mapping[str, Any] | None
    example: Any

    @property
    def name(self) -> str:
        """What the environment is called."""
        return str(self.metadata.get("name") or self.target)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "target": self.target,
            "metadata": dict(self.metadata),
            "capacity": None if self.capacity is None else dict(self.capacity),
            "example_action": self.example,
            "schemas": self.schemas._asdict(),
        }


def describe(target: Served) -> Description:
    """Ask a server what its environment is; no session is taken for that.

    Args:
        target: The server, or what one is made of: it is started, and stopped again. A Space is asked where it runs,
            and woken for that where it sleeps.

    Returns:
        What it says.

    Raises:
        ConnectError: It does not start, does not answer, or does not say.
        UnreadableSchemaError: What it says is too large or too deep to be meant.
    """
    client = _client(target)
    with started(client) as base_url:
        headers = client._session.headers
        schemas = schemas_at(base_url, headers)
        metadata = asked(http_url(base_url), "/metadata", headers)
        return Description(str(target), metadata, schemas, _capacity(base_url, headers), _example(schemas.action))


def _client(target: Served) -> GenericEnvClient:
    if isinstance(target, SpaceTarget):
        return target.client(GenericEnvClient, use_docker=False)
    if isinstance(target, (UrlTarget, ImageTarget)):
        return target.client(GenericEnvClient, api_key=os.environ.get("OPENENV_API_KEY"))
    return target.client(GenericEnvClient)


def _capacity(base_url: str, headers: Mapping[str, str]) -> dict[str, Any] | None:
    """Ask how many sessions there are and may be, which servers of openenv 0.10 do not say."""
    try:
        reply = Web(http_url(base_url), TIMEOUT_S).get("/ready", headers)
        said = reply.json() if reply.status in _READY else None
    except ProbeError:
        return None
    return said if isinstance(said, dict) and "max_sessions" in said else None


def _example(schema: dict[str, Any]) -> Any:
    SchemaDocument(schema, "action")  # what is too large or too deep to be meant is not looked at
    if schema_problem(schema) is not None:
        return None
    try:
        return ActionMaker(schema).make()
    except (CannotMake, NotChecked):
        return None
