"""One repository: commits, the files of each, and references to them. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timezone
from typing import Literal

from pydantic import BaseModel, Field

from .problems import Problem, no_entry, no_revision

Kind = Literal["model", "dataset", "space"]
Visibility = Literal["public", "private", "protected"]


def now() -> str:
    """The time, as the Hub writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class File(BaseModel):
    """A file of a commit.

    Attributes:
        oid: Its name in git.
        sha256: The digest of its content.
        size: In bytes.
        large: Whether git holds only a pointer to it.
    """

    oid: str
    sha256: str
    size: int
    large: bool = False

    @classmethod
    def of(cls, content: bytes) -> File:
        """The file with this content, held by git itself."""
        return cls(oid=_git_oid("blob", content), sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    @classmethod
    def pointing_to(cls, sha256: str, size: int) -> File:
        """The pointer to a large file."""
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
        return cls(oid=_git_oid("blob", pointer.encode()), sha256=sha256, size=size, large=True)


class Commit(BaseModel):
    """A commit and all files of it."""

    oid: str
    title: str
    description: str = ""
    author: str
    date: str
    parent: str | None
    files: dict[str, File]


class Setting(BaseModel):
    """A variable or a secret of a Space."""

    value: str
    description: str | None = None
    updated_at: str = Field(default_factory=now)


class Discussion(BaseModel):
    """A discussion or a pull request."""

    num: int
    title: str
    description: str
    author: str
    created_at: str = Field(default_factory=now)
    status: Literal["draft", "open", "closed", "merged"] = "open"
    is_pull_request: bool


class Hardware(BaseModel):
    """What a Space runs on, and after how many seconds without a request it sleeps."""

    flavor: str = "cpu-basic"
    sleep_time: int | None = None


class Repository(BaseModel):
    """A repository; a reference is kept by its full name, for example ``refs/heads/main``.

    Of large files it knows the digests of those that were uploaded for it, whether they were committed or not.
    """

    kind: Kind
    owner: str
    name: str
    visibility: Visibility = "public"
    sdk: str | None = None
    created_at: str = Field(default_factory=now)
    refs: dict[str, str] = {}
    commits: dict[str, Commit] = {}
    uploaded: set[str] = set()
    discussions: list[Discussion] = []
    variables: dict[str, Setting] = {}
    secrets: dict[str, Setting] = {}
    hardware: Hardware = Hardware()

    @property
    def id(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """Where it is on the Hub."""
        return self.id if self.kind == "model" else f"{self.kind}s/{self.id}"

    @property
    def private(self) -> bool:
        """Whether strangers cannot see it."""
        return self.visibility == "private"

    def reference(self, revision: str) -> str:
        """The full name of a branch, tag or pull request."""
        names = (revision, f"refs/heads/{revision}", f"refs/tags/{revision}")
        found = next((name for name in names if name in self.refs), None)
        if found is None:
            raise no_revision(revision)
        return found

    def commit(self, revision: str = "main") -> Commit:
        """The commit that a branch, tag, pull request or (abbreviated) hash stands for."""
        if re.fullmatch(r"[0-9a-f]{7,40}", revision):
            found = [commit for oid, commit in self.commits.items() if oid.startswith(revision)]
            if len(found) == 1:
                return found[0]
        return self.commits[self.refs[self.reference(revision)]]

    def file(self, revision: str, path: str) -> tuple[Commit, File]:
        """A file, and the commit in which it was found."""
        commit = self.commit(revision)
        if path not in commit.files:
            raise no_entry(path, commit.oid)
        return commit, commit.files[path]

    def advance(self, reference: str, files: dict[str, File], author: str, title: str, description: str = "") -> Commit:
        """Commit these files, all that there are from now on, to a reference."""
        parent, date = self.refs.get(reference), now()
        what = json.dumps([parent, title, date, len(self.commits), {path: file.oid for path, file in files.items()}])
        commit = Commit(
            oid=_git_oid("commit", what.encode()),
            title=title,
            description=description,
            author=author,
            date=date,
            parent=parent,
            files=dict(sorted(files.items())),
        )
        self.commits[commit.oid] = commit
        self.refs[reference] = commit.oid
        return commit

    def history(self, revision: str) -> list[Commit]:
        """The commits that led to a revision, the latest first."""
        commits = [self.commit(revision)]
        while commits[-1].parent is not None:
            commits.append(self.commits[commits[-1].parent])
        return commits

    def open_discussion(self, title: str, description: str, author: str, *, pull_request: bool) -> Discussion:
        """Open a discussion, or a pull request with a branch that begins at ``main``."""
        discussion = Discussion(
            num=len(self.discussions) + 1,
            title=title,
            description=description,
            author=author,
            status="draft" if pull_request else "open",
            is_pull_request=pull_request,
        )
        self.discussions.append(discussion)
        if pull_request:
            self.refs[f"refs/pr/{discussion.num}"] = self.refs["refs/heads/main"]
        return discussion

    def discussion(self, num: int) -> Discussion:
        """The discussion with this number."""
        if not 1 <= num <= len(self.discussions):
            raise Problem(404, "Discussion not found")
        return self.discussions[num - 1]

    def merge(self, num: int, author: str) -> Commit:
        """Merge a pull request: what it changed is changed on ``main``.

        Raises:
            Problem: It is none, or is closed or merged.
        """
        discussion = self.discussion(num)
        if not discussion.is_pull_request or discussion.status not in ("draft", "open"):
            raise Problem(400, f"#{num} is no pull request that can be merged")
        ours, theirs = self.commit(), self.commit(f"refs/pr/{num}")
        first = self.history(f"refs/pr/{num}")[-1]
        base = next((commit for commit in self.history(theirs.oid) if commit in self.history(ours.oid)), first)
        files = {path: file for path, file in ours.files.items() if path in theirs.files or path not in base.files}
        files |= {path: file for path, file in theirs.files.items() if base.files.get(path) != file}
        discussion.status = "merged"
        return self.advance("refs/heads/main", files, author, f"{discussion.title} (#{num})")


def folders_of(files: dict[str, File]) -> dict[str, str]:
    """All folders that hold these files, with a name in git for each."""
    contents: dict[str, list[str]] = {}
    for path, file in files.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            contents.setdefault("/".join(parts[:depth]), []).append(f"{path} {file.oid}")
    return {folder: _git_oid("tree", "\n".join(lines).encode()) for folder, lines in sorted(contents.items())}


def _git_oid(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()
