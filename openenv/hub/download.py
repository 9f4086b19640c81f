"""The files of one revision of a Space."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openenv.hub.api import SPACE, hub_api
from openenv.hub.errors import explained
from openenv.hub.repo_id import RepoId

logger = logging.getLogger("openenv.hub")


@dataclass(frozen=True)
class Download:
    """The files of a revision.

    Attributes:
        repo_id: The Space that they are of.
        commit: Their commit.
        folder: Where they are; nobody may change them, for the Hub's cache shares them.
    """

    repo_id: RepoId
    commit: str
    folder: Path


def download(repo_id: RepoId, revision: str | None = None, token: str | None = None) -> Download:
    """Fetch the files of a revision, those alone that are not in the Hub's cache yet.

    Where the Hub cannot be reached, what was fetched before is used: the commit that a branch was at then.

    Args:
        repo_id: The Space.
        revision: A branch, a tag or a commit; the newest commit where left out.
        token: Who is asking; found as ``find_token`` does where left out.

    Returns:
        The files.

    Raises:
        HubError: There is no such Space or revision, or it cannot be had.
    """
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        """A bar that is only drawn on a terminal."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            options["disable"] = options.get("disable") or None
            super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]

    api = hub_api(token)
    with explained(repo_id):
        commit = api.resolve_revision(str(repo_id), repo_type=SPACE, revision=revision).resolved
        logger.info("%s: fetching the files of %s", repo_id, commit)
        folder = api.snapshot_download(str(repo_id), repo_type=SPACE, revision=commit, tqdm_class=Bar)
    return Download(repo_id, commit, Path(folder))
