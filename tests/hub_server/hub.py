"""The Hub: its repositories, its accounts, its Spaces, and who may do what."""

from __future__ import annotations

import re
from pathlib import Path

from .accounts import Accounts, Identity, Role
from .builds import acted
from .faults import Faults
from .problems import Problem, no_repository
from .repository import Kind, Repository, Visibility
from .runs import Installed
from .spaces import Spaces
from .storage import Storage

_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_LARGE = (
    "7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl pt pth rar "
    "safetensors tar tflite tgz wasm xz zip zst"
)


class Hub:
    """All that a server holds.

    Args:
        folder: Where its repositories are kept.
        runs: Whether Spaces are really installed and run; else that is only acted.
    """

    def __init__(self, folder: Path, *, runs: bool = False) -> None:
        self.accounts = Accounts()
        self.storage = Storage(folder)
        self.spaces = Spaces(self.storage, self.accounts, Installed if runs else acted)
        self.faults = Faults()
        self.url = ""

    def open(self) -> None:
        """Build the Spaces that are in the folder already."""
        for space in self.storage.all("space"):
            self.spaces.build(space)

    def readable(self, kind: Kind, repo_id: str, identity: Identity | None) -> Repository:
        """A repository that somebody may read.

        Raises:
            Problem: It is not there, or not for them.
        """
        repository = self.storage.find(kind, repo_id)
        member = repository is not None and identity is not None and identity.belongs_to(repository.owner)
        if repository is None or (repository.private and not member):
            raise no_repository(anonymous=identity is None)
        return repository

    def writable(self, kind: Kind, repo_id: str, identity: Identity | None) -> tuple[Repository, Identity]:
        """A repository that somebody may change, and who that is.

        Raises:
            Problem: It is not there, or not theirs, or their token only reads.
        """
        repository = self.readable(kind, repo_id, identity)
        known = signed_in(identity, "write")
        if not known.may_write(repository.owner):
            raise Problem(403, "You don't have the required permissions to perform this operation")
        return repository, known

    def create(
        self, kind: Kind, owner: str, name: str, author: Identity, visibility: Visibility, sdk: str | None
    ) -> Repository:
        """Create a repository with its first commit.

        Raises:
            Problem: The namespace is not theirs, the name will not do, or is taken.
        """
        if not author.may_write(owner):
            raise Problem(403, f'You don\'t have the rights to create a {kind} under the namespace "{owner}"')
        if not _NAME.fullmatch(name):
            raise Problem(400, f'"{name}" is no name of a repository: at most 96 of A-Z, a-z, 0-9, "-", "_" and "."')
        repository = Repository(kind=kind, owner=owner, name=name, visibility=visibility, sdk=sdk)
        if self.storage.find(kind, repository.id) is not None:
            url = f"{self.url}/{repository.path}"
            raise Problem(409, f"You already created this {kind} repo", data={"url": url})
        contents = {
            ".gitattributes": "".join(f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in _LARGE.split())
        }
        if kind == "space":
            contents["README.md"] = f"---\ntitle: {name}\nsdk: {sdk}\npinned: false\n---\n"
        files = {path: self.storage.keep(text.encode()) for path, text in contents.items()}
        repository.advance("refs/heads/main", files, author.user, "initial commit")
        self.storage.save(repository)
        return repository

    async def delete(self, repository: Repository) -> None:
        """Delete a repository, and end what runs of it."""
        if repository.kind == "space":
            await self.spaces.forget(repository.id)
        self.storage.delete(repository)

    def pushed(self, repository: Repository, reference: str) -> None:
        """Note that a reference has a new commit: a Space is built again."""
        self.storage.save(repository)
        if repository.kind == "space" and reference == "refs/heads/main":
            self.spaces.build(repository)


def signed_in(identity: Identity | None, role: Role = "read") -> Identity:
    """Who asks.

    Raises:
        Problem: Nobody is signed in, or their token may not do that.
    """
    if identity is None:
        raise Problem(401, "Invalid username or password.")
    if role == "write" and identity.role != "write":
        raise Problem(403, "Forbidden: you must use a write token")
    return identity
