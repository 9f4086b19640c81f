"""Which files a ``.gitignore`` keeps out of a repository. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

GITIGNORE_NAME = ".gitignore"

_WILD = re.compile(r"(/\*\*/|^\*\*/|/\*\*$|\*|\?|\[[^\]]+\])")
_REGEX_OF = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    folders_only: bool
    keeps: bool


class GitIgnore:
    """The rules of one ``.gitignore``.

    Args:
        text: The content of the file; empty where there is none.
    """

    def __init__(self, text: str = "") -> None:
        lines = (line.rstrip() for line in text.splitlines())
        self._rules = [_rule(line) for line in lines if line.strip("/!") and not line.startswith("#")]

    def matches(self, path: str) -> bool:
        """Say whether a file is kept out: it, or a folder that it is in.

        Args:
            path: The file, below the folder of the ``.gitignore``, with ``/``.
        """
        parts = path.split("/")
        return any(self._ignored("/".join(parts[:end]), end < len(parts)) for end in range(1, len(parts) + 1))

    def _ignored(self, path: str, is_folder: bool) -> bool:
        fitting = [rule for rule in self._rules if (is_folder or not rule.folders_only) and rule.pattern.match(path)]
        return bool(fitting) and not fitting[-1].keeps


@lru_cache(maxsize=1024)
def _rule(line: str) -> _Rule:
    pattern = line.removeprefix("!").removeprefix("\\")
    anchored = "/" in pattern.rstrip("/")
    body = "".join(map(_translated, _WILD.split(pattern.strip("/"))))
    return _Rule(
        re.compile(("" if anchored else "(?:.*/)?") + body + r"\Z", re.DOTALL), pattern.endswith("/"), line[0] == "!"
    )


def _translated(piece: str) -> str:
    if piece.startswith("[") and piece.endswith("]"):
        return piece.replace("[!", "[^", 1)
    return _REGEX_OF.get(piece) or re.escape(piece)
