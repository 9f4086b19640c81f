"""What an image installs of Python beside its project, as far as its Dockerfile tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from openenv.project.dockerfile import Stage
from openenv.project.pyproject import requirement_name

_INSTALL = re.compile(r"\b(?:pip[\d.]*|conda|mamba|micromamba)\s+install\b([^&|;]*)|\buv\s+add\b([^&|;]*)")
_OF_THE_SYSTEM = re.compile(r"\b(?:python3|py3)-([A-Za-z][\w.]*)")
_OTHERWISE = re.compile(r"<<|\bcd\s|\bgit\s+clone\b|\bsetup\.py\b|\bmake\b")
"""What else may install something."""

_WITH_VALUE = {
    *("--root", "--prefix", "--target", "-t", "--find-links", "-f", "--index-url", "-i", "--extra-index-url"),
    *("--constraint", "-c", "--requirement", "-r", "--name", "-n", "--python", "-p", "--trusted-host", "--platform"),
}
"""Options whose values are no requirements; the project's own lists of requirements are read as such."""

_NO_REQUIREMENT = re.compile(r"-.*|\.(?:\[.*\])?|.*>.*/.*")
"""Further options, the project itself, and where the output goes."""

_BARE = {"python", "debian", "ubuntu", "alpine", "fedora", "uv"}
"""Base images that hold nothing of Python but itself."""


@dataclass(frozen=True)
class Installs:
    """What an image holds.

    Attributes:
        requirements: What it installs by name.
        unclear: What may bring more than its words tell, if anything does.
    """

    requirements: tuple[str, ...]
    unclear: str | None


def read_installs(stages: list[Stage]) -> Installs:
    """Read what the stages of a build install.

    Args:
        stages: All of them, the last one being the image.
    """
    base = stages[-1]
    while base.parent is not None:
        base = base.parent
    image = re.split(r"[:@]", base.base.rpartition("/")[2])[0]
    unclear = None if image in _BARE else base.base
    requirements: list[str] = []
    for text in (one.rest for stage in stages for one in stage.instructions if one.word == "RUN"):
        requirements += _OF_THE_SYSTEM.findall(text)
        named = list(_named(text))
        requirements += [word for word in named if not _is_place(word)]
        otherwise = _OTHERWISE.search(text)
        odd = [word for word in named if _is_place(word)] + ([otherwise[0].strip()] if otherwise else [])
        unclear = unclear or next(iter(odd), None)
    return Installs(tuple(requirements), unclear)


def _named(text: str) -> Iterator[str]:
    """The words of a shell that say what is to be installed; the runtime's own wheel is known."""
    for found in _INSTALL.finditer(text):
        words = [word.strip("\"'") for word in (found[1] or found[2]).split()]
        for before, word in zip(["", *words], words, strict=False):
            runtime = requirement_name(PurePosixPath(word).name).startswith("openenv")
            if before not in _WITH_VALUE and not runtime and not _NO_REQUIREMENT.fullmatch(word):
                yield word


def _is_place(word: str) -> bool:
    return re.search(r"[/$*]|\.whl$|\.gz$", word) is not None
