"""From a Space's name to a provider: the three ways to play it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openenv.providers.base import Provider
from openenv.providers.process import ProcessProvider


def hub_provider(
    repo_id: str,
    *,
    use_docker: bool,
    revision: str | None,
    provider: Any,
    token: str | None,
    options: Mapping[str, Any],
) -> Provider:
    """Make a provider that plays a Space.

    Args:
        repo_id: The Space, as ``owner/name``.
        use_docker: Whether its image runs here, rather than being played where it runs.
        revision: A branch, a tag or a commit.
        provider: In place of both: :class:`ProcessProvider`, for its files in a process here; or what runs its
            image, called with the image's name.
        token: Who is asking.
        options: What else the provider takes.

    Returns:
        The provider; nothing is asked of the Hub yet.

    Raises:
        RepoIdError: That is not the name of a Space.
    """
    if provider is ProcessProvider:
        from openenv.providers.space_process import SpaceProcessProvider

        return SpaceProcessProvider(repo_id, revision=revision, token=token, **options)
    if provider is None and not use_docker:
        from openenv.providers.space import SpaceProvider

        return SpaceProvider(repo_id, revision=revision, token=token, **options)
    from openenv.providers.space_image import SpaceImageProvider

    return SpaceImageProvider(repo_id, revision=revision, token=token, provider=provider, **options)
