"""What an image installs of Python beside its project, as far as its Dockerfile tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openenv.project.dockerfile import Stage

_INSTALL = re.compile(r"\b(?:pip[\d.]*|conda|mamba|micromamba)\s+install\b([^&|;]*)|\buv\s+add\b([^&|;]*)")
_OF_THE_SYSTEM = re.compile(r"\b(?:python3|py3)-([A-Za-z][\w.]*)")
_OTHERWISE = re.compile(r"<<|\bcd\s|\bgit\s+clone\b|\bsetup\.py\b|\bmake\b")
"""What else may install something."""

_WITH_VALUE = {
    *("--root", "--prefix", "--target", "-t", "--find-links", "-f", "--index-url", "-i", "--extra-index-url"),
    *("--constraint", "-c", "--requirement", "-r", "--name", "-n", "--python", "-p", "--trusted-host", "--platform"),
}
"""Options whose values are no requirements; the project's own lists of requirements are read as such."""

_NO_REQUIREMENT = re.compile(r"-.*|\.(?:\[.*\])?|(?:.*/)?openenv_kit-[^/]*\.whl|.*>.*/.*")
"""Further options, the project itself, the runtime's own wheel, and where the output goes."""

_BARE = {"python", "debian", "ubuntu", "alpine", "fedora", "uv", "node", "golang", "rust", "scratch"}
"""Base images that hold nothing of Python but itself."""


@dataclass(frozen=True)
class Installs:
    """What an image holds.

    Attributes:
        requirements: What it installs by name.
        system: What packages of its operating system are called after, of which few are distributions.
        unclear: What may bring more than its words tell, if anything does.
    """

    requirements: tuple[str, ...]
    system: tuple[str, ...]
    unclear: str | None


def read_installs(stages: list[Stage]) -> Installs:
    """Read what the stages of a build install.

    Args:
        stages: All of them, the last one being the image.
    """
    runs = [one.rest for stage in stages for one in stage.instructions if one.word == "RUN"]
    named = [word for text in runs for word in _named(text)]
    unclear = [stage.base for stage in stages if stage.parent is None and _image(stage.base) not in _BARE]
    unclear += [word for word in named if _is_place(word)]
    unclear += [found[0].strip() for found in map(_OTHERWISE.search, runs) if found]
    return Installs(
        requirements=tuple(word for word in named if not _is_place(word)),
        system=tuple(name for text in runs for name in _OF_THE_SYSTEM.findall(text)),
        unclear=next(iter(unclear), None),
    )


def _image(base: str) -> str:
    return re.split(r"[:@]", base.rpartition("/")[2])[0]


def _named(text: str) -> Iterator[str]:
    """The words of a shell that say what is to be installed."""
    for found in _INSTALL.finditer(text):
        words = [word.strip("\"'") for word in (found[1] or found[2]).split()]
        for before, word in zip(["", *words], words, strict=False):
            if before not in _WITH_VALUE and not _NO_REQUIREMENT.fullmatch(word):
                yield word


def _is_place(word: str) -> bool:
    return re.search(r"[/$*]|\.whl$|\.gz$", word) is not None
