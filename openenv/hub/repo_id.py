"""What a Space is called: ``owner/name``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from openenv.errors import ConfigurationError

LONGEST = 96
"""How many characters an owner, or a name, may have."""

_WORD = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_SITES = ("huggingface.co", "hf.co")
_EXAMPLE = "as in openenv/echo_env"


class RepoIdError(ConfigurationError):
    """What is meant to name a Space cannot; ``data["given"]`` is what was given."""


@dataclass(frozen=True)
class RepoId:
    """The name of a Space.

    Attributes:
        owner: The user or organization that it belongs to.
        name: What they call it.
    """

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> RepoId:
        """Read ``owner/name``.

        Args:
            text: What was given.

        Returns:
            The name in its parts.

        Raises:
            RepoIdError: It is not of this form, or the Hub takes no such name.
        """
        if not isinstance(text, str):
            raise _refused(text, "is no text, so it names no Space", _EXAMPLE)
        owner, slash, name = text.partition("/")
        if not slash or "/" in name:
            raise _refused(text, "is not of the form OWNER/NAME", _meant(text))
        return cls(check_word(owner, text), check_word(name, text))

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


def check_word(word: str, given: str | None = None) -> str:
    """Check an owner or a name on its own.

    Args:
        word: The owner, or the name.
        given: What it was part of, for the message.

    Returns:
        The word.

    Raises:
        RepoIdError: The Hub takes no such word.
    """
    given = word if given is None else given
    if len(word) > LONGEST:
        raise _refused(given, f"has a part of {len(word)} characters, and the Hub takes {LONGEST}")
    if not _WORD.fullmatch(word) or "--" in word or ".." in word or word.endswith(".git"):
        hint = "ASCII letters, digits, '_', '-' and '.'; neither '-' nor '.' first, last or twice, and no '.git' last"
        raise _refused(given, "is no name that the Hub takes", hint)
    return word


def _refused(given: str, why: str, hint: str | None = None) -> RepoIdError:
    return RepoIdError(f"'{given}' {why}", {"given": given}, hint=hint)


def _meant(text: str) -> str:
    """Guess what an address of the Hub's site, or a path on it, is to be shortened to."""
    parts = urlsplit(text)
    words = [word for word in parts.path.split("/") if word and word not in ("spaces", *_SITES)]
    if len(words) >= 2 and (parts.netloc in _SITES or "spaces" in text):
        return f"{words[0]}/{words[1]}"
    return _EXAMPLE
