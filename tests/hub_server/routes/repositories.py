"""Repositories: made, changed, deleted, and their references."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..hub import signed_in
from ..problems import Problem
from ..repository import Hardware, Kind, Visibility
from .requests import AskedHub, Asking, KeyValue, Part, Readable, Writable
from .spaces import check_hardware

router = APIRouter()


class Named(BaseModel):
    """Which repository is meant."""

    name: str
    organization: str | None = None
    type: Kind = "model"


class Wanted(Named):
    """A repository to make."""

    visibility: Visibility = "public"
    sdk: Literal["gradio", "docker", "static"] | None = None
    hardware: str = "cpu-basic"
    sleep_time: int | None = Field(None, alias="sleepTimeSeconds")
    secrets: list[KeyValue] = []
    variables: list[KeyValue] = []


class Settings(BaseModel):
    """What to change of a repository."""

    visibility: Visibility


class Branch(BaseModel):
    """A branch to make."""

    starting_point: str = Field("main", alias="startingPoint")


@router.post("/api/repos/create")
async def create(wanted: Wanted, hub: AskedHub, identity: Asking) -> dict[str, Any]:
    """Create a repository."""
    author = signed_in(identity, "write")
    check_hardware(wanted.hardware)
    owner = wanted.organization or author.user
    repository = hub.create(wanted.type, owner, wanted.name, author, wanted.visibility, wanted.sdk)
    repository.hardware = Hardware(flavor=wanted.hardware, sleep_time=wanted.sleep_time)
    repository.variables = {one.key: one.setting() for one in wanted.variables}
    repository.secrets = {one.key: one.setting() for one in wanted.secrets}
    hub.pushed(repository, "refs/heads/main")
    return {"url": f"{hub.url}/{repository.path}", "name": repository.id, "id": repository.id}


@router.delete("/api/repos/delete")
async def delete(named: Named, hub: AskedHub, identity: Asking) -> str:
    """Delete a repository."""
    owner = named.organization or signed_in(identity).user
    repository, _ = hub.writable(named.type, f"{owner}/{named.name}", identity)
    await hub.delete(repository)
    return "OK"


@router.put("/api/{kinds}/{owner}/{name}/settings")
async def change_settings(settings: Settings, hub: AskedHub, writable: Writable) -> dict[str, Any]:
    """Change who may see a repository."""
    repository, _ = writable
    repository.visibility = settings.visibility
    hub.storage.save(repository)
    return {"visibility": repository.visibility, "private": repository.private}


@router.get("/api/{kinds}/{owner}/{name}/refs")
async def references(repository: Readable) -> dict[str, Any]:
    """List branches, tags and pull requests."""
    prefixes = {
        "branches": "refs/heads/",
        "converts": "refs/convert/",
        "tags": "refs/tags/",
        "pullRequests": "refs/pr/",
    }
    return {
        group: [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": oid}
            for ref, oid in repository.refs.items()
            if ref.startswith(prefix)
        ]
        for group, prefix in prefixes.items()
    }


@router.post("/api/{kinds}/{owner}/{name}/branch/{branch}")
async def create_branch(branch: Part, wanted: Branch, hub: AskedHub, writable: Writable) -> str:
    """Create a branch."""
    repository, _ = writable
    reference = f"refs/heads/{branch}"
    if reference in repository.refs:
        raise Problem(409, f'Reference already exists: "{reference}"')
    repository.refs[reference] = repository.commit(wanted.starting_point).oid
    hub.storage.save(repository)
    return "OK"


@router.get("/api/{kinds}/{owner}/{name}/commits/{revision}")
async def commits(revision: Part, repository: Readable) -> list[dict[str, Any]]:
    """List the commits that led to a revision."""
    return [
        {
            "id": commit.oid,
            "title": commit.title,
            "message": commit.description,
            "authors": [{"user": commit.author}],
            "date": commit.date,
        }
        for commit in repository.history(revision)
    ]
