"""What a repository is: alone and in lists."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from ..front_matter import front_matter
from ..hub import Hub
from ..repository import Commit, Repository
from .files import page
from .requests import AskedHub, Asking, Kinds, Part, Readable, kind_of

router = APIRouter()


@router.get("/api/{kinds}")
async def listed(
    kinds: Kinds,
    request: Request,
    hub: AskedHub,
    identity: Asking,
    filter: Annotated[list[str], Query()] = [],  # noqa: A002, B006 - the Hub's name; FastAPI copies it
    author: str = "",
    search: str = "",
    full: bool = False,
    expand: Annotated[list[str], Query()] = [],  # noqa: B006
    limit: int = 1000,
    cursor: int = 0,
) -> JSONResponse:
    """List what somebody may see, by tags, owner and words; only a part of each unless more is asked for."""
    shown = {"_id", "id", *(expand or ("createdAt", "likes", "private", "sdk", "tags"))}
    shown |= {"author", "sha", "lastModified", "cardData", "siblings"} if full else set()
    found = []
    for repository in hub.storage.all(kind_of(kinds)):
        hidden = repository.private and not (identity and identity.belongs_to(repository.owner))
        if hidden or (author and author != repository.owner):
            continue
        described = information(hub, repository, repository.commit())
        words = f"{repository.id} {described['cardData'].get('title', '')}".lower()
        if search.lower() in words and set(filter) <= set(described["tags"]):
            found.append({key: value for key, value in described.items() if key in shown})
    return page(request, found, cursor, limit)


@router.get("/api/{kinds}/{owner}/{name}")
@router.get("/api/{kinds}/{owner}/{name}/revision/{revision}")
async def one(hub: AskedHub, repository: Readable, revision: Part = "main", blobs: bool = False) -> dict[str, Any]:
    """Describe a repository at a revision."""
    return information(hub, repository, repository.commit(revision), blobs=blobs)


def information(hub: Hub, repository: Repository, commit: Commit, *, blobs: bool = False) -> dict[str, Any]:
    """All that is said of a repository."""
    card = _card(hub, commit)
    tags = card.get("tags")
    at_work = _at_work(hub, repository) if repository.kind == "space" else {}
    return {
        "_id": f"id-{repository.id}",
        "id": repository.id,
        "author": repository.owner,
        "sha": commit.oid,
        "createdAt": repository.created_at,
        "lastModified": commit.date,
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "likes": 0,
        "tags": [*([repository.sdk] if repository.sdk else []), *(tags if isinstance(tags, list) else [])],
        "cardData": card,
        "siblings": [_sibling(path, commit, blobs) for path in commit.files],
        **at_work,
    }


def _at_work(hub: Hub, repository: Repository) -> dict[str, Any]:
    return {
        "sdk": repository.sdk,
        "subdomain": re.sub(r"[^a-z0-9]+", "-", repository.id.lower()),
        "host": hub.spaces.of(repository).host.url,
        "runtime": hub.spaces.runtime(repository),
        "models": [],
        "datasets": [],
    }


def _card(hub: Hub, commit: Commit) -> dict[str, Any]:
    if "README.md" not in commit.files:
        return {}
    readme = hub.storage.content(commit.files["README.md"].sha256).read_text(encoding="utf-8")
    try:
        return front_matter(readme) or {}
    except ValueError:
        return {}


def _sibling(path: str, commit: Commit, blobs: bool) -> dict[str, Any]:
    file = commit.files[path]
    sibling: dict[str, Any] = {"rfilename": path}
    if blobs:
        sibling |= {"size": file.size, "blobId": file.oid}
        if file.large:
            sibling["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 134}
    return sibling
