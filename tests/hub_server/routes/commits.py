"""Commits: which files are large, and the commit itself."""

from __future__ import annotations

import base64
import fnmatch
import json
from typing import Any

from fastapi import APIRouter, Request
from pathspec import GitIgnoreSpec
from pydantic import BaseModel, Field

from ..accounts import Identity
from ..hub import Hub, signed_in
from ..problems import Problem
from ..repository import File, Repository
from .requests import AskedHub, Asking, Kinds, Part, kind_of

router = APIRouter()

_LARGEST_OF_GIT = 10 * 1024 * 1024


class Candidate(BaseModel):
    """A file that the client wants to commit; the sample is its beginning."""

    path: str
    sample: str
    size: int


class Candidates(BaseModel):
    """Such files, and the rules for those to leave out."""

    files: list[Candidate]
    git_ignore: str | None = Field(None, alias="gitIgnore")


@router.post("/api/{kinds}/{owner}/{name}/preupload/{revision}")
async def preupload(
    kinds: Kinds,
    owner: Part,
    name: Part,
    revision: Part,
    asked: Candidates,
    hub: AskedHub,
    identity: Asking,
    create_pr: bool = False,
) -> dict[str, Any]:
    """Say of each file how it is to be sent, and what the Hub has already."""
    repository, _ = _open(hub, kinds, f"{owner}/{name}", identity, create_pr)
    commit = repository.commit(revision)
    rules = asked.git_ignore
    if rules is None and ".gitignore" in commit.files:
        rules = hub.storage.content(commit.files[".gitignore"].sha256).read_text(encoding="utf-8")
    ignored = GitIgnoreSpec.from_lines((rules or "").splitlines())
    large = _large_patterns(hub, commit.files)
    return {
        "files": [_judged(one, commit.files.get(one.path), ignored, large) for one in asked.files],
        "commitOid": commit.oid,
    }


@router.post("/api/{kinds}/{owner}/{name}/commit/{revision}")
async def commit(
    kinds: Kinds,
    owner: Part,
    name: Part,
    revision: Part,
    request: Request,
    hub: AskedHub,
    identity: Asking,
    create_pr: bool = False,
) -> dict[str, Any]:
    """Commit to a branch, or to a new pull request."""
    repository, author = _open(hub, kinds, f"{owner}/{name}", identity, create_pr)
    lines = [json.loads(line) for line in (await request.body()).splitlines()]
    header = lines[0]["value"]
    reference = repository.reference(revision)
    head = repository.commit(revision)
    if header.get("parentCommit", head.oid) != head.oid:
        raise Problem(412, "A commit has happened since. Please refresh and try again.")
    files = dict(head.files)
    for line in lines[1:]:
        _apply(line["key"], line["value"], files, hub, repository)
    answer = {"success": True, "hookOutput": ""}
    if create_pr:
        summary, description = header["summary"], header.get("description", "")
        discussion = repository.open_discussion(summary, description, author.user, pull_request=True)
        reference = f"refs/pr/{discussion.num}"
        answer["pullRequestUrl"] = f"{hub.url}/{repository.path}/discussions/{discussion.num}"
    made = repository.advance(reference, files, author.user, header["summary"], header.get("description", ""))
    hub.pushed(repository, reference)
    return {**answer, "commitOid": made.oid, "commitUrl": f"{hub.url}/{repository.path}/commit/{made.oid}"}


def _open(
    hub: Hub, kinds: str, repo_id: str, identity: Identity | None, create_pr: bool
) -> tuple[Repository, Identity]:
    """Let somebody write, or, where they only open a pull request, read."""
    if not create_pr:
        return hub.writable(kind_of(kinds), repo_id, identity)
    return hub.readable(kind_of(kinds), repo_id, identity), signed_in(identity, "write")


def _judged(one: Candidate, there: File | None, ignored: GitIgnoreSpec, large: list[str]) -> dict[str, Any]:
    name = one.path.rpartition("/")[2]
    binary = b"\0" in base64.b64decode(one.sample)
    heavy = one.size > _LARGEST_OF_GIT or binary or any(fnmatch.fnmatch(name, pattern) for pattern in large)
    oid = None if there is None else there.sha256 if there.large else there.oid
    judged = {
        "path": one.path,
        "uploadMode": "lfs" if heavy else "regular",
        "shouldIgnore": ignored.match_file(one.path),
    }
    return {**judged, **({"oid": oid} if oid else {})}


def _large_patterns(hub: Hub, files: dict[str, File]) -> list[str]:
    if ".gitattributes" not in files:
        return []
    lines = hub.storage.content(files[".gitattributes"].sha256).read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if "filter=lfs" in line]


def _apply(key: str, value: dict[str, Any], files: dict[str, File], hub: Hub, repository: Repository) -> None:
    """Do one line of a commit."""
    path = value["path"]
    if any(part in ("", ".", "..", ".git") for part in path.removesuffix("/").split("/")):
        raise Problem(400, f"Invalid path: {path}")
    if key == "file":
        files[path] = hub.storage.keep(base64.b64decode(value["content"]))
    elif key == "lfsFile":
        if value["oid"] not in repository.uploaded:
            raise Problem(400, f"the large file {path} was not uploaded")
        files[path] = File.pointing_to(value["oid"], hub.storage.content(value["oid"]).stat().st_size)
    elif key == "deletedFile":
        if files.pop(path, None) is None:
            raise Problem(404, "A file with this name doesn't exist", code="EntryNotFound")
    elif key == "deletedFolder":
        gone = [one for one in files if one.startswith(path.rstrip("/") + "/")]
        if not gone:
            raise Problem(404, "A folder with this name doesn't exist", code="EntryNotFound")
        for one in gone:
            del files[one]
    else:
        raise Problem(400, f"unknown operation: {key}")
