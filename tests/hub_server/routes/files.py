"""Files of a revision: listed, described, and sent."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse

from ..problems import no_entry
from ..repository import Commit, File, folders_of
from .requests import PAGE, AskedHub, Part, Readable

router = APIRouter()

_POINTER_SIZE = 134


@router.get("/api/{kinds}/{owner}/{name}/tree/{revision}")
@router.get("/api/{kinds}/{owner}/{name}/tree/{revision}/{path:path}")
async def tree(
    revision: Part,
    repository: Readable,
    request: Request,
    path: Part = "",
    recursive: bool = False,
    expand: bool = False,
    cursor: Annotated[int, Query(ge=0)] = 0,
) -> JSONResponse:
    """List a folder, a page at a time."""
    commit = repository.commit(revision)
    prefix = f"{path}/" if path else ""
    entries = [
        entry
        for entry in _entries(commit, expand)
        if entry["path"].startswith(prefix) and (recursive or "/" not in entry["path"].removeprefix(prefix))
    ]
    if path and not entries:
        raise no_entry(path, commit.oid)
    return page(request, entries, cursor)


@router.post("/api/{kinds}/{owner}/{name}/paths-info/{revision}")
async def paths_info(revision: Part, repository: Readable, request: Request) -> list[dict[str, Any]]:
    """Describe files and folders; those that are not there are left out."""
    form = parse_qs((await request.body()).decode())
    wanted = {path.strip("/") for path in form["paths"]}
    expand = form.get("expand") == ["true"]
    return [entry for entry in _entries(repository.commit(revision), expand) if entry["path"] in wanted]


@router.api_route("/{owner}/{name}/resolve/{revision}/{path:path}", methods=["GET", "HEAD"])
@router.api_route("/{kinds}/{owner}/{name}/resolve/{revision}/{path:path}", methods=["GET", "HEAD"])
async def resolve(revision: Part, path: Part, repository: Readable, hub: AskedHub) -> FileResponse:
    """Send a file."""
    commit, file = repository.file(revision, path)
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{file.sha256 if file.large else file.oid}"'}
    if file.large:
        headers |= {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
    return FileResponse(hub.storage.content(file.sha256), headers=headers, filename=path.rpartition("/")[2])


def page(request: Request, entries: list[dict[str, Any]], cursor: int, size: int = PAGE) -> JSONResponse:
    """One page of entries, with a link to the next."""
    headers = {}
    if len(entries) > cursor + size:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor + size)}>; rel="next"'
    return JSONResponse(entries[cursor : cursor + size], headers=headers)


def _entries(commit: Commit, expand: bool) -> list[dict[str, Any]]:
    last = {"lastCommit": {"id": commit.oid, "title": commit.title, "date": commit.date}} if expand else {}
    folders = [
        {"type": "directory", "oid": oid, "size": 0, "path": path, **last}
        for path, oid in folders_of(commit.files).items()
    ]
    return folders + [{**_described(path, file), **last} for path, file in commit.files.items()]


def _described(path: str, file: File) -> dict[str, Any]:
    described = {"type": "file", "oid": file.oid, "size": file.size, "path": path}
    if file.large:
        described["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": _POINTER_SIZE}
    return described
