"""Large files: the batch of Git LFS, uploads and their check."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from ..problems import Problem, no_repository
from .requests import AskedHub, Kinds, Part, Readable, kind_of

router = APIRouter()


class LargeObject(BaseModel):
    """A content, by its digest."""

    oid: str
    size: int


class Batch(BaseModel):
    """What the client wants to upload."""

    operation: Literal["upload"]
    objects: list[LargeObject]


@router.post("/{owner}/{name}.git/info/lfs/objects/batch")
@router.post("/{kinds}/{owner}/{name}.git/info/lfs/objects/batch")
async def batch(batch: Batch, hub: AskedHub, repository: Readable) -> dict[str, Any]:
    """Say of each content where to upload it; nothing where it is there already."""
    verify = {"href": f"{hub.url}/{repository.path}.git/info/lfs/objects/verify"}
    objects: list[dict[str, Any]] = []
    for one in batch.objects:
        described: dict[str, Any] = {"oid": one.oid, "size": one.size}
        if one.oid not in repository.uploaded:
            # As with the real Hub, the place for the content asks for no token: its address is known to few.
            upload = {"href": f"{hub.url}/_contents/{repository.kind}s/{repository.id}/{one.oid}"}
            described["actions"] = {"upload": upload, "verify": verify}
        objects.append(described)
    return {"transfer": "basic", "objects": objects}


@router.put("/_contents/{kinds}/{owner}/{name}/{oid}")
async def upload(kinds: Kinds, owner: Part, name: Part, oid: Part, request: Request, hub: AskedHub) -> None:
    """Take a content."""
    hub.storage.keep_large(oid, await request.body())
    repository = hub.storage.find(kind_of(kinds), f"{owner}/{name}")
    if repository is None:
        raise no_repository(anonymous=True)
    repository.uploaded.add(oid)
    hub.storage.save(repository)


@router.post("/{owner}/{name}.git/info/lfs/objects/verify")
@router.post("/{kinds}/{owner}/{name}.git/info/lfs/objects/verify")
async def verify(uploaded: LargeObject, hub: AskedHub, repository: Readable) -> None:
    """Check that a content has come as it should."""
    if uploaded.oid not in repository.uploaded or hub.storage.content(uploaded.oid).stat().st_size != uploaded.size:
        raise Problem(404, f"{repository.id}: the content {uploaded.oid} has not come")
