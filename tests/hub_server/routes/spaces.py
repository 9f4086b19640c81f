"""Spaces: what they run on, with which variables and secrets, and how that goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ..hub import Hub, signed_in
from ..log import Log
from ..problems import Problem
from ..repository import Hardware, Repository, Setting
from .requests import AskedHub, Asking, KeyValue, Part

router = APIRouter(prefix="/api/spaces")

_HARDWARE = {
    "cpu-basic": ("CPU Basic", "2 vCPU", "16 GB", 0.0),
    "cpu-upgrade": ("CPU Upgrade", "8 vCPU", "32 GB", 0.03),
}
_HARDWARE |= {"t4-small": ("Nvidia T4 - small", "4 vCPU", "15 GB", 0.4)}


async def space_to_read(hub: AskedHub, identity: Asking, owner: Part, name: Part) -> Repository:
    """The Space of the path, to read."""
    return hub.readable("space", f"{owner}/{name}", identity)


async def space_to_change(hub: AskedHub, identity: Asking, owner: Part, name: Part) -> Repository:
    """The Space of the path, to change."""
    return hub.writable("space", f"{owner}/{name}", identity)[0]


ReadableSpace = Annotated[Repository, Depends(space_to_read)]
WritableSpace = Annotated[Repository, Depends(space_to_change)]


class Named(BaseModel):
    """Which variable or secret is meant."""

    key: str


class WantedHardware(BaseModel):
    """What a Space is to run on."""

    flavor: str
    sleep_time: int | None = Field(None, alias="sleepTimeSeconds")


class SleepTime(BaseModel):
    """After how long a Space sleeps that nobody visits."""

    seconds: int


def check_hardware(flavor: str) -> None:
    """Refuse hardware that there is not."""
    if flavor not in _HARDWARE:
        raise Problem(400, f'"flavor" must be one of [{", ".join(_HARDWARE)}]')


@router.get("/hardware")
async def hardware() -> list[dict[str, Any]]:
    """List what Spaces can run on."""
    return [
        {
            "name": name,
            "prettyName": pretty,
            "cpu": cpu,
            "ram": ram,
            "accelerator": None,
            "unitCostMicroUSD": int(cost * 1e6 / 60),
            "unitCostUSD": cost / 60,
            "unitLabel": "minute",
        }
        for name, (pretty, cpu, ram, cost) in _HARDWARE.items()
    ]


@router.get("/{owner}/{name}/runtime")
async def runtime(hub: AskedHub, space: ReadableSpace) -> dict[str, Any]:
    """Say how a Space is doing."""
    return hub.spaces.runtime(space)


@router.get("/{owner}/{name}/variables")
async def variables(space: ReadableSpace) -> dict[str, Any]:
    """List its variables."""
    return _told(space.variables, values=True)


@router.post("/{owner}/{name}/variables")
async def set_variable(given: KeyValue, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Set one."""
    _set(hub, space, space.variables, space.secrets, given)
    return _told(space.variables, values=True)


@router.delete("/{owner}/{name}/variables")
async def delete_variable(named: Named, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Forget one."""
    _delete(hub, space, space.variables, named.key)
    return _told(space.variables, values=True)


@router.get("/{owner}/{name}/secrets")
async def secrets(space: WritableSpace) -> dict[str, Any]:
    """List its secrets, without their values."""
    return _told(space.secrets, values=False)


@router.post("/{owner}/{name}/secrets")
async def set_secret(given: KeyValue, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Set one."""
    _set(hub, space, space.secrets, space.variables, given)
    return _told(space.secrets, values=False)


@router.delete("/{owner}/{name}/secrets")
async def delete_secret(named: Named, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Forget one."""
    _delete(hub, space, space.secrets, named.key)
    return _told(space.secrets, values=False)


@router.post("/{owner}/{name}/hardware")
async def request_hardware(wanted: WantedHardware, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Have it run on something else."""
    check_hardware(wanted.flavor)
    sleep_time = space.hardware.sleep_time if wanted.sleep_time is None else wanted.sleep_time
    space.hardware = Hardware(flavor=wanted.flavor, sleep_time=sleep_time)
    return _changed(hub, space)


@router.post("/{owner}/{name}/sleeptime")
async def set_sleep_time(wanted: SleepTime, hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Have it sleep after another time; on free hardware that stays as it is."""
    space.hardware.sleep_time = wanted.seconds
    hub.storage.save(space)
    return hub.spaces.runtime(space)


@router.post("/{owner}/{name}/pause")
async def pause(hub: AskedHub, space: WritableSpace) -> dict[str, Any]:
    """Stop it."""
    hub.spaces.of(space).pause()
    return {**hub.spaces.runtime(space), "stage": "PAUSED"}


@router.post("/{owner}/{name}/restart")
async def restart(hub: AskedHub, space: WritableSpace, factory: bool = False) -> dict[str, Any]:
    """Start it again, or build it again."""
    hub.spaces.restart(space, again=factory)
    return hub.spaces.runtime(space)


@router.get("/{owner}/{name}/logs/{which}")
async def logs(
    which: Literal["build", "run"], hub: AskedHub, space: ReadableSpace, identity: Asking
) -> StreamingResponse:
    """Send a log, and each line that follows until it ends; of a public Space too only its owners see it."""
    if not signed_in(identity).belongs_to(space.owner):
        raise Problem(403, "You don't have the required permissions to perform this operation")
    at_work = hub.spaces.of(space)
    log = at_work.build_log if which == "build" else at_work.run_log
    # Of a client that does not follow, this is where it stops; the date of the web server may be of a second before.
    date = formatdate(usegmt=True)
    return StreamingResponse(_events(log), media_type="text/event-stream", headers={"Date": date})


async def _events(log: Log) -> AsyncIterator[str]:
    async for line in log.follow():
        yield f"data: {json.dumps(line)}\n\n"


def _told(settings: dict[str, Setting], *, values: bool) -> dict[str, Any]:
    return {
        key: {
            "key": key,
            "updatedAt": setting.updated_at,
            **({"value": setting.value} if values else {}),
            **({} if setting.description is None else {"description": setting.description}),
        }
        for key, setting in settings.items()
    }


def _set(
    hub: Hub, space: Repository, settings: dict[str, Setting], others: dict[str, Setting], given: KeyValue
) -> None:
    if given.key in others:
        raise Problem(400, f"Collision on variables and secrets names: {given.key}")
    settings[given.key] = given.setting()
    _changed(hub, space)


def _delete(hub: Hub, space: Repository, settings: dict[str, Setting], key: str) -> None:
    settings.pop(key, None)
    _changed(hub, space)


def _changed(hub: Hub, space: Repository) -> dict[str, Any]:
    hub.storage.save(space)
    hub.spaces.changed(space)
    return hub.spaces.runtime(space)
