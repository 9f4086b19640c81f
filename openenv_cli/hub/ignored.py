"""Which files of a project stay here: those that git ignores, that ``.hfignore`` names, and what tools make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from openenv.project.project import read_text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GIT_IGNORE = ".gitignore"
HF_IGNORE = ".hfignore"
"""Of the same form as ``.gitignore``, for what is no business of the Hub; read last, so it can bring back files."""

ALWAYS = (
    *(
        ".git/",
        ".hg/",
        ".svn/",
        ".venv/",
        "venv/",
        "node_modules/",
        ".tox/",
        ".nox/",
        "/build/",
        "/dist/",
        "*.egg-info/",
    ),
    *("__pycache__/", "*.py[cod]", ".*_cache/", ".cache/", ".ipynb_checkpoints/", ".DS_Store", ".idea/", ".vscode/"),
    *(GIT_IGNORE, HF_IGNORE, ".dockerignore"),
)
"""What no Space needs. What ignore files leave out is not there, so neither are they."""


@dataclass(frozen=True)
class _Patterns:
    """The patterns of one file; they hold for paths below its folder."""

    folder: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path) -> bool | None:
        """Whether a path is left out; ``None`` where they do not say."""
        if not path.is_relative_to(self.folder):
            return None
        return self.spec.check_file(path.relative_to(self.folder)).include


class Ignored:
    """Tells what of a project stays here.

    Args:
        root: The project's folder, absolute.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._first = [_read(root, "\n".join(ALWAYS)), *self._from_above()]
        own = root / HF_IGNORE
        self._last = [_read(root, read_text(own))] if own.is_file() else []
        self._below = cache(self._in_folder)

    def __contains__(self, path: str) -> bool:
        """Whether a file, named by its path below the root, is left out; the last pattern that fits decides."""
        file = self._root / path
        verdict = None
        for patterns in [*self._first, *self._on_the_way_to(path), *self._last]:
            said = patterns.verdict(file)
            verdict = verdict if said is None else said
        return bool(verdict)

    def _on_the_way_to(self, path: str) -> Iterator[_Patterns]:
        for folder in reversed(PurePosixPath(path).parents):
            yield from self._below(self._root / folder)

    def _from_above(self) -> list[_Patterns]:
        """Read what a repository around the project ignores; one that ignores the whole project has no say."""
        parents: list[Path] = []
        if not (self._root / ".git").exists():
            for parent in self._root.parents:
                parents.append(parent)
                if (parent / ".git").exists():
                    break
            else:
                return []
        found = [patterns for folder in reversed(parents) for patterns in self._in_folder(folder)]
        return [] if any(patterns.verdict(self._root / "x") for patterns in found) else found

    @staticmethod
    def _in_folder(folder: Path) -> tuple[_Patterns, ...]:
        file = folder / GIT_IGNORE
        return (_read(folder, read_text(file)),) if file.is_file() else ()


def _read(folder: Path, text: str) -> _Patterns:
    from pathspec import GitIgnoreSpec

    return _Patterns(folder, GitIgnoreSpec.from_lines(text.splitlines()))
