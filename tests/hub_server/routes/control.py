"""What no real Hub has: faults, and what becomes of Spaces, told from the command line."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from ..builds import Plan
from ..faults import Fault
from .requests import AskedHub, Part

router = APIRouter(prefix="/_control")


class Stage(BaseModel):
    """Where a Space is to stand."""

    stage: str
    message: str | None = None


@router.post("/faults")
async def add_fault(fault: Fault, hub: AskedHub) -> dict[str, Any]:
    """Have requests fail."""
    hub.faults.add(fault)
    return {"faults": hub.faults.told}


@router.delete("/faults")
async def clear_faults(hub: AskedHub) -> dict[str, Any]:
    """Have none fail any longer."""
    hub.faults.clear()
    return {"faults": hub.faults.told}


@router.put("/spaces/{owner}/{name}/plan")
async def plan(owner: Part, name: Part, plan: Plan, hub: AskedHub) -> Plan:
    """Have the builds of a Space go another way; it need not be there yet."""
    hub.spaces.plan(f"{owner}/{name}", plan)
    return plan


@router.put("/spaces/{owner}/{name}/stage")
async def set_stage(owner: Part, name: Part, wanted: Stage, hub: AskedHub) -> dict[str, Any]:
    """Have a Space be at another stage."""
    repo_id = f"{owner}/{name}"
    hub.spaces.set_stage(repo_id, wanted.stage, wanted.message)
    return hub.spaces.runtime(hub.spaces.find(repo_id))


@router.post("/spaces/{owner}/{name}/release")
async def release(owner: Part, name: Part, hub: AskedHub) -> dict[str, Any]:
    """Let a build go on that stays where it is."""
    repo_id = f"{owner}/{name}"
    hub.spaces.release(repo_id)
    return hub.spaces.runtime(hub.spaces.find(repo_id))
