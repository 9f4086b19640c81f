"""What the Hub has now, before a push."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openenv.hub.errors import HubNotFoundError
from openenv.hub.repo_id import RepoId
from openenv_cli.hub.changes import Held
from openenv_cli.hub.client import SILENCE_S, Client
from openenv_cli.hub.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling


@dataclass(frozen=True)
class Present:
    """A Space that is there.

    Attributes:
        commit: The commit that its files are at.
        stage: Where its last build, or its server, stands.
        files: The files that it holds, by path.
        settings: How it is set, secrets apart.
    """

    commit: str
    stage: str | None
    files: Mapping[str, Held] = field(repr=False)
    settings: Settings


def look(client: Client, repo_id: RepoId, *, variables: bool = False) -> Present | None:
    """Look at a Space.

    Args:
        client: The Hub.
        repo_id: What it is called.
        variables: Whether to look at its variables, which its owners alone may.

    Returns:
        What is there; ``None`` where there is none that the user may see.
    """
    try:
        # Without a timeout of its own, this one would not have that of all others, but none.
        info = client.ask(repo_id, lambda api: api.space_info(str(repo_id), files_metadata=True, timeout=SILENCE_S))
    except HubNotFoundError:
        return None
    there = client.ask(repo_id, lambda api: api.get_space_variables(str(repo_id))) if variables else {}
    runtime = info.runtime
    return Present(
        commit=str(info.sha),
        stage=None if runtime is None else str(runtime.stage),
        files={sibling.rfilename: _held(sibling) for sibling in info.siblings or ()},
        settings=Settings(
            private=bool(info.private),
            hardware=None if runtime is None else runtime.requested_hardware or runtime.hardware,
            sleep_time=None if runtime is None else runtime.sleep_time,
            variables={key: variable.value for key, variable in there.items()},
        ),
    )


def _held(file: RepoSibling) -> Held:
    if file.lfs is not None:
        return Held(file.lfs.size, file.lfs.sha256, large=True)
    return Held(file.size or 0, file.blob_id or "", large=False)
