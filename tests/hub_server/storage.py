"""All repositories, as files in a folder: they are there again when the server starts again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from .problems import Problem
from .repository import File, Kind, Repository


class Storage:
    """Repositories and the contents of their files.

    Args:
        folder: Where to keep them; made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._contents = folder / "contents"
        self._records = folder / "repositories"
        for made in (self._contents, self._records):
            made.mkdir(parents=True, exist_ok=True)
        found = [Repository.model_validate_json(path.read_bytes()) for path in self._records.glob("*/*/*.json")]
        self._repositories = {(one.kind, one.id): one for one in found}

    def find(self, kind: Kind, repo_id: str) -> Repository | None:
        """A repository, if there is one."""
        return self._repositories.get((kind, repo_id))

    def all(self, kind: Kind) -> Iterator[Repository]:
        """All repositories of a kind, by name."""
        return (one for (its_kind, _), one in sorted(self._repositories.items()) if its_kind == kind)

    def save(self, repository: Repository) -> None:
        """Keep a repository as it is now; the record is whole at any time."""
        path = self._record(repository)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(repository.model_dump_json(indent=1), encoding="utf-8")
        new.replace(path)
        self._repositories[(repository.kind, repository.id)] = repository

    def delete(self, repository: Repository) -> None:
        """Forget a repository; contents stay, others may have the same."""
        self._record(repository).unlink()
        del self._repositories[(repository.kind, repository.id)]

    def keep(self, content: bytes) -> File:
        """Keep the content of a file that git holds."""
        file = File.of(content)
        self.content(file.sha256).write_bytes(content)
        return file

    def keep_large(self, sha256: str, content: bytes) -> None:
        """Keep the content of a large file.

        Raises:
            Problem: It is another content.
        """
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Problem(400, "the content has another digest than was said")
        self.content(sha256).write_bytes(content)

    def content(self, sha256: str) -> Path:
        """Where the content with this digest is, or would be."""
        return self._contents / sha256

    def check_out(self, files: dict[str, File], folder: Path) -> None:
        """Write files into a folder that holds nothing else then."""
        shutil.rmtree(folder, ignore_errors=True)
        for path, file in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.content(file.sha256), target)

    def _record(self, repository: Repository) -> Path:
        return self._records / f"{repository.kind}s" / repository.owner / f"{repository.name}.json"
