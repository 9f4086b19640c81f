"""Spaces that are environments, found by words."""

from __future__ import annotations

from dataclasses import dataclass

from openenv.hub.api import ask
from openenv.hub.errors import explained

TAG = "openenv"
"""What the Spaces of environments are tagged with."""

MOST = 100
"""How many Spaces are listed at most."""

_FACTS = ["cardData", "lastModified", "likes", "private", "runtime"]
_ASK_S = 10.0


@dataclass(frozen=True)
class FoundSpace:
    """A Space that the Hub lists.

    Attributes:
        repo_id: What it is called.
        description: What its front matter says of it in a few words, if anything.
        stage: How it is doing: ``RUNNING``, ``SLEEPING`` …
        private: Whether only some may see it.
        likes: How many users like it.
        updated: When it was pushed to last, as ISO 8601.
    """

    repo_id: str
    description: str | None
    stage: str | None
    private: bool
    likes: int
    updated: str | None


def find_spaces(words: str, token: str | None = None) -> list[FoundSpace]:
    """Ask the Hub for environments.

    Args:
        words: What they are called, or about; the Hub decides what that fits.
        token: Who is asking; found as ``find_token`` does where left out.

    Returns:
        The Spaces that are tagged as environments, at most ``MOST`` of them.

    Raises:
        HubError: The Hub does not say.
    """
    from huggingface_hub import SpaceInfo

    query = {"filter": TAG, "search": words, "limit": MOST, "expand": _FACTS}
    with explained():
        listed = ask("/api/spaces", token, _ASK_S, query)
    found = [SpaceInfo(**each) for each in listed]  # type: ignore[no-untyped-call]
    return [
        FoundSpace(
            repo_id=space.id,
            description=(space.card_data.get("short_description") if space.card_data else None) or None,
            stage=str(space.runtime.stage) if space.runtime else None,
            private=bool(space.private),
            likes=space.likes or 0,
            updated=space.last_modified.isoformat() if space.last_modified else None,
        )
        for space in found
    ]
