"""Makes a Space, sets one that is there, and has one built again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from openenv.hub.api import SPACE
from openenv.hub.errors import HubConflictError, HubNotFoundError
from openenv.hub.repo_id import RepoId
from openenv_cli.hub.client import Client
from openenv_cli.hub.events import Doing, OnEvent, Remark
from openenv_cli.hub.present import Present, look
from openenv_cli.hub.settings import Settings, for_creation

if TYPE_CHECKING:
    from huggingface_hub import HfApi, SpaceHardware

FAILED = ("BUILD_ERROR", "RUNTIME_ERROR", "CONFIG_ERROR", "NO_APP_FILE")
"""Stages that a Space leaves when it is built anew."""


def create(client: Client, repo_id: RepoId, settings: Settings, on_event: OnEvent) -> Present:
    """Make a Space, set from the beginning.

    Args:
        client: The Hub.
        repo_id: What it is called.
        settings: What it is set to.
        on_event: Is told that it was made.

    Returns:
        The Space.

    Raises:
        HubConflictError: There is one that the token does not see.
        HubError: The Hub refused: the token may not write there, or the plan has no such hardware.
    """
    on_event(Doing(f"making {repo_id}"))
    arguments = for_creation(settings)
    try:
        client.ask(repo_id, lambda api: api.create_repo(str(repo_id), repo_type=SPACE, space_sdk="docker", **arguments))
    except HubConflictError as error:
        hint = "--repo-id names another; where it is yours, push with a token that sees it"
        raise HubConflictError(f"{repo_id} is there, and hidden from this token", error.data, hint=hint) from error
    told = str(settings)
    on_event(Remark(f"made {repo_id}{told and f': {told}'}"))
    present = look(client, repo_id)
    if present is None:
        raise HubNotFoundError(f"{repo_id} was made, and the Hub does not show it yet", hint="push again")
    return present


def change(client: Client, repo_id: RepoId, settings: Settings, on_event: OnEvent) -> None:
    """Change settings of a Space that is there.

    Args:
        client: The Hub.
        repo_id: What it is called.
        settings: What is to be changed, and nothing else.
        on_event: Is told what was.

    Raises:
        HubError: The Hub refused.
    """
    for step in _steps(str(repo_id), settings):
        client.ask(repo_id, step)
    if told := str(settings):
        on_event(Remark(f"set {repo_id}: {told}"))


def restart(client: Client, repo_id: RepoId, stage: str | None, on_event: OnEvent) -> bool:
    """Have a Space built again that failed with the very same files.

    Args:
        client: The Hub.
        repo_id: What it is called.
        stage: Where it stands.
        on_event: Is told that it was restarted.

    Returns:
        Whether that was needed.
    """
    if stage not in FAILED:
        return False
    on_event(Doing(f"{stage}: having it built again"))
    client.ask(repo_id, lambda api: api.restart_space(str(repo_id), factory_reboot=True))
    return True


def _steps(space: str, settings: Settings) -> list[Callable[[HfApi], object]]:
    private, seconds = settings.private, settings.sleep_time
    steps: list[Callable[[HfApi], object]] = []
    if private is not None:
        steps.append(lambda api: api.update_repo_settings(space, repo_type=SPACE, private=private))
    if settings.hardware is not None:
        hardware = cast("SpaceHardware", settings.hardware)
        steps.append(lambda api: api.request_space_hardware(space, hardware, sleep_time=seconds))
    elif seconds is not None:
        steps.append(lambda api: api.set_space_sleep_time(space, seconds))
    steps += [_variable(space, key, value) for key, value in settings.variables.items()]
    steps += [_secret(space, key, value) for key, value in settings.secrets.items()]
    return steps


def _variable(space: str, key: str, value: str) -> Callable[[HfApi], object]:
    return lambda api: api.add_space_variable(space, key, value)


def _secret(space: str, key: str, value: str) -> Callable[[HfApi], object]:
    return lambda api: api.add_space_secret(space, key, value)
