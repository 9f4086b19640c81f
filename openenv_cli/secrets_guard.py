"""Keeps what must not be published from being pushed."""

from __future__ import annotations

import mmap
import stat
from collections.abc import Sequence

from openenv.project.secrets import Secret, find_secrets
from openenv_cli import console
from openenv_cli.errors import CommandError, UsageError
from openenv_cli.images.context import Entry


class SecretsError(CommandError):
    """Files hold what must not be published.

    Args:
        found: What was found.
    """

    def __init__(self, found: Sequence[Secret]) -> None:
        files = sorted({secret.path for secret in found})
        super().__init__(
            f"nothing was pushed: what looks secret is in {', '.join(files)}",
            {"found": [str(secret) for secret in found]},
            hint="name it in an ignore file, and give it to a Space as --secret; "
            f"or, if it is none: --allow-secret {files[0]}",
        )
        self.found = tuple(found)


def require_no_secrets(entries: Sequence[Entry], allowed: Sequence[str]) -> None:
    """Check that nothing is published that must not be; print where what looks secret stands.

    Args:
        entries: What is to be published.
        allowed: Paths of files that may hold what looks secret.

    Raises:
        SecretsError: Another file does.
        UsageError: A path is that of no file.
    """
    paths = {entry.path for entry in entries}
    for path in allowed:
        if path not in paths:
            raise UsageError(f"--allow-secret: {path} is none of the files", hint="openenv push --dry-run lists them")
    found = [secret for entry in entries if entry.path not in allowed for secret in _secrets_of(entry)]
    if found:
        for secret in found:
            console.detail(str(secret))
        raise SecretsError(found)


def _secrets_of(entry: Entry) -> list[Secret]:
    if isinstance(entry.source, bytes):
        return [] if entry.path.endswith(".whl") else find_secrets(entry.path, entry.source)
    status = entry.source.lstat()
    if not stat.S_ISREG(status.st_mode):
        return []
    if not status.st_size:
        return find_secrets(entry.path, b"")  # of nothing no map can be made
    with entry.open() as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return find_secrets(entry.path, content)
