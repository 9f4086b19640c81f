"""One commit with everything that changes in a Space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from openenv.hub.api import SPACE
from openenv.hub.repo_id import RepoId
from openenv_cli.hub.changes import Changes
from openenv_cli.hub.client import Client

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

_LARGE = 2_000_000
_NOTHING_IGNORED = "# what is to stay out was left out already\n"


@dataclass(frozen=True)
class Commit:
    """A commit that the Hub has taken.

    Attributes:
        oid: Its id.
        pull_request: The address of the pull request that it is in, if it is in one.
    """

    oid: str
    pull_request: str | None


def commit(client: Client, repo_id: RepoId, changes: Changes, message: str, parent: str, *, create_pr: bool) -> Commit:
    """Send what changed: large files first, then all in one commit.

    Args:
        client: The Hub.
        repo_id: The Space.
        changes: What differs from its commit ``parent``.
        message: What to say of it.
        parent: The commit that was compared with; where the Space has moved on, nothing is done.
        create_pr: Whether it becomes a pull request, for somebody else to merge.

    Returns:
        The commit.

    Raises:
        HubConflictError: The Space has moved on meanwhile.
        HubError: The Hub refused, or the connection was cut.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    space = str(repo_id)
    additions = [CommitOperationAdd(entry.path, entry.source) for entry in changes.upload]
    deletions = [CommitOperationDelete(path, is_folder=False) for path in changes.deleted]
    for portion in _portions(additions):
        client.ask(repo_id, partial(_send, space=space, additions=portion, create_pr=create_pr))
    done = client.ask(
        repo_id,
        lambda api: api.create_commit(
            space,
            [*additions, *deletions],
            repo_type=SPACE,
            commit_message=message,
            parent_commit=parent,
            create_pr=create_pr,
        ),
    )
    return Commit(done.oid, done.pr_url)


def _portions(additions: Sequence[CommitOperationAdd]) -> Iterator[list[CommitOperationAdd]]:
    """Keep large files apart: several at a time are sent by threads, which Ctrl-C does not reach."""
    yield from ([one] for one in additions if one.upload_info.size >= _LARGE)
    small = [one for one in additions if one.upload_info.size < _LARGE]
    if small:
        yield small


def _send(api: HfApi, space: str, additions: list[CommitOperationAdd], create_pr: bool) -> None:
    # The Hub would leave out in silence what a .gitignore that is there names, such as wheels/.
    api.preupload_lfs_files(space, additions, repo_type=SPACE, create_pr=create_pr, gitignore_content=_NOTHING_IGNORED)
