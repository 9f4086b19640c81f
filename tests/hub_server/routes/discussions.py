"""Discussions and pull requests."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..hub import signed_in
from ..repository import Discussion, Repository
from .requests import AskedHub, Asking, Readable, Writable

router = APIRouter()


class Opened(BaseModel):
    """A discussion or a pull request to open."""

    title: str = Field(min_length=3)
    description: str = ""
    pull_request: bool = Field(False, alias="pullRequest")


@router.get("/api/{kinds}/{owner}/{name}/discussions")
async def listed(repository: Readable) -> dict[str, Any]:
    """List all, the latest first."""
    found = [_described(repository, one) for one in reversed(repository.discussions)]
    return {"discussions": found, "count": len(found), "start": 0}


@router.post("/api/{kinds}/{owner}/{name}/discussions")
async def opened(asked: Opened, hub: AskedHub, repository: Readable, identity: Asking) -> dict[str, Any]:
    """Open one."""
    author = signed_in(identity, "write").user
    discussion = repository.open_discussion(asked.title, asked.description, author, pull_request=asked.pull_request)
    hub.storage.save(repository)
    return {"num": discussion.num, "url": f"{hub.url}/{repository.path}/discussions/{discussion.num}"}


@router.get("/api/{kinds}/{owner}/{name}/discussions/{num}")
async def details(num: int, repository: Readable) -> dict[str, Any]:
    """Describe one, with what was said."""
    discussion = repository.discussion(num)
    comment = {
        "id": f"comment-{num}",
        "type": "comment",
        "createdAt": discussion.created_at,
        "author": {"name": discussion.author},
        "data": {
            "edited": False,
            "hidden": False,
            "latest": {
                "raw": discussion.description,
                "html": "",
                "updatedAt": discussion.created_at,
                "author": {"name": discussion.author},
            },
        },
    }
    described = {**_described(repository, discussion), "events": [comment]}
    if discussion.is_pull_request:
        described |= {"changes": {"base": "refs/heads/main"}, "filesWithConflicts": [], "diff": ""}
    return described


@router.post("/api/{kinds}/{owner}/{name}/discussions/{num}/merge")
async def merge(num: int, hub: AskedHub, writable: Writable) -> dict[str, Any]:
    """Merge a pull request."""
    repository, author = writable
    commit = repository.merge(num, author.user)
    hub.pushed(repository, "refs/heads/main")
    return {
        "id": commit.oid,
        "type": "status-change",
        "createdAt": commit.date,
        "author": {"name": author.user},
        "data": {"status": "merged"},
    }


def _described(repository: Repository, discussion: Discussion) -> dict[str, Any]:
    return {
        "num": discussion.num,
        "title": discussion.title,
        "author": {"name": discussion.author},
        "createdAt": discussion.created_at,
        "status": discussion.status,
        "repo": {"name": repository.id, "type": repository.kind},
        "isPullRequest": discussion.is_pull_request,
    }
