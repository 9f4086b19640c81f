"""What the routes read from a request."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, Field

from ..accounts import Identity
from ..hub import Hub
from ..repository import Kind, Repository, Setting

# Paths arrive as they were sent, so that a branch such as refs%2Fpr%2F1 is one part.
Part = Annotated[str, AfterValidator(unquote)]
Kinds = Literal["models", "datasets", "spaces"]

PAGE = 1000


class KeyValue(BaseModel):
    """A variable or a secret."""

    key: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    value: str
    description: str | None = None

    def setting(self) -> Setting:
        """The same as it is kept."""
        return Setting(value=self.value, description=self.description)


async def hub_of(request: Request) -> Hub:
    """The Hub that is asked."""
    hub: Hub = request.app.state.hub
    return hub


AskedHub = Annotated[Hub, Depends(hub_of)]


async def identity_of(request: Request, hub: AskedHub) -> Identity | None:
    """Who asks."""
    return hub.accounts.identity(request.headers.get("Authorization"))


Asking = Annotated[Identity | None, Depends(identity_of)]


def kind_of(kinds: str) -> Kind:
    """The kind of repository that a path names."""
    kinds_by_name: dict[str, Kind] = {"models": "model", "datasets": "dataset", "spaces": "space"}
    return kinds_by_name[kinds]


async def readable(hub: AskedHub, identity: Asking, owner: Part, name: Part, kinds: Kinds = "models") -> Repository:
    """The repository of the path, to read."""
    return hub.readable(kind_of(kinds), f"{owner}/{name}", identity)


async def writable(
    hub: AskedHub, identity: Asking, owner: Part, name: Part, kinds: Kinds = "models"
) -> tuple[Repository, Identity]:
    """The repository of the path, to change, and by whom."""
    return hub.writable(kind_of(kinds), f"{owner}/{name}", identity)


Readable = Annotated[Repository, Depends(readable)]
Writable = Annotated[tuple[Repository, Identity], Depends(writable)]
