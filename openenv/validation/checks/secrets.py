"""S021: what must not be published."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from openenv.project.gitignore import GITIGNORE_NAME, GitIgnore
from openenv.project.project import read_text
from openenv.project.secrets import find_secrets
from openenv.validation.check import Finding, Stage, check
from openenv.validation.files.sources import Sources, is_source

_LARGEST = 4 * 1024 * 1024


@check(
    "S021",
    "No file looks like a secret",
    stage=Stage.SOURCES,
    needs=("S001",),
    mend=f"take it out, and change it if it was real; a file that stays on this machine belongs into {GITIGNORE_NAME}",
)
def nothing_is_secret(sources: Sources) -> Iterator[Finding]:
    """By its name, or by a key or token in it; what ``.gitignore`` keeps out is never published."""
    rules = sources.root / GITIGNORE_NAME
    ignored = GitIgnore(read_text(rules) if rules.is_file() else "")
    for path in _files(sources.root):
        name = sources.name(path)
        if ignored.matches(name) or path.stat().st_size > _LARGEST:
            continue
        for secret in find_secrets(name, path.read_bytes()):
            where = name if secret.line is None else f"{name}:{secret.line}"
            yield Finding(f"it looks like {secret.kind}", where)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if is_source(Path(folder, name)))
        yield from (path for name in sorted(files) if (path := Path(folder, name)).is_file())
