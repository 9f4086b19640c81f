"""What goes into a build: the project's files, less what ``.dockerignore`` leaves out, as a tar archive.

The same files make the same bytes: sorted, with fixed times, owners and modes, whoever packs them when.
"""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from openenv_cli.errors import CommandError

EPOCH = 315532800
"""The time of every file that this package packs: the beginning of 1980, the earliest that a zip archive knows."""

IGNORE_FILE = ".dockerignore"
NEVER_NEEDED = (".git", ".venv", "**/__pycache__", "**/*.pyc")
"""What is left out where a project has no ``.dockerignore``."""

_CHUNK = 1 << 20


class ContextError(CommandError):
    """A file cannot go into the build."""


@dataclass(frozen=True)
class Entry:
    """One file, folder or link of the archive.

    Attributes:
        path: Where it is in the build, with ``/``.
        source: The file that it is read from, or its content.
    """

    path: str
    source: Path | bytes

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")

    def header(self) -> tarfile.TarInfo:
        """Describe it for the archive; links are not followed."""
        info = tarfile.TarInfo(self.path)
        info.mtime = EPOCH
        info.mode = 0o644
        if isinstance(self.source, bytes):
            info.size = len(self.source)
            return info
        status = self.source.lstat()
        if stat.S_ISLNK(status.st_mode):
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, self.source.readlink().as_posix(), 0o777
        elif stat.S_ISDIR(status.st_mode):
            info.type, info.mode = tarfile.DIRTYPE, 0o755
        else:
            info.size = status.st_size
            info.mode |= 0o111 if status.st_mode & 0o100 else 0
        return info


def collect(
    root: Path, dockerfile: str, added: Mapping[str, bytes] | None = None, replaced: str | None = None
) -> list[Entry]:
    """List what goes into a build.

    Args:
        root: The project's folder.
        dockerfile: The path of its Dockerfile, with ``/``: it goes in whatever is ignored.
        added: Files beside or instead of the project's: their paths and contents.
        replaced: A pattern of the project's paths that ``added`` stands for.

    Returns:
        The entries, sorted by path; each folder comes before what is in it.
    """
    from docker.utils import exclude_paths

    added = added or {}
    paths = {Path(path).as_posix() for path in exclude_paths(str(root), _patterns(root), dockerfile)}
    kept = {path for path in paths if replaced is None or not fnmatchcase(path, replaced)}
    entries = {path: Entry(path, root / path) for path in kept if _may_be_packed(root / path)}
    for path, content in added.items():
        entries[path] = Entry(path, content)
        for parent in map(str, PurePosixPath(path).parents):
            if parent != "." and parent not in entries:
                entries[parent] = Entry(parent, root)
    return [entries[path] for path in sorted(entries, key=lambda path: path.split("/"))]


def archive(entries: list[Entry]) -> Iterator[bytes]:
    """Write a tar archive piece by piece; no more than a piece of it is in memory.

    Args:
        entries: What it holds, in its order.

    Yields:
        The bytes of the archive.

    Raises:
        ContextError: A file cannot be read, or changes meanwhile.
    """
    for entry in entries:
        try:
            info = entry.header()
            yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
            if info.isreg():
                yield from _content(entry, info.size)
        except OSError as error:
            raise ContextError(f"cannot read {entry.path}: {error.strerror or error}") from error
    yield bytes(2 * tarfile.BLOCKSIZE)


def _content(entry: Entry, size: int) -> Iterator[bytes]:
    """Read a file, filled up to whole blocks."""
    left = size
    with entry.open() as file:
        while left:
            piece = file.read(min(left, _CHUNK))
            if not piece:
                raise ContextError(f"{entry.path} became shorter while it was read", hint="build again")
            left -= len(piece)
            yield piece
    yield bytes(-size % tarfile.BLOCKSIZE)


def _patterns(root: Path) -> list[str]:
    try:
        lines = (root / IGNORE_FILE).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return list(NEVER_NEEDED)
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _may_be_packed(path: Path) -> bool:
    """Whether it is a file, a folder or a link: sockets and pipes are no part of an image."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
