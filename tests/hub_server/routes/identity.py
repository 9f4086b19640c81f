"""Who asks, and what the client wants to know before it asks for anything else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ..front_matter import complaints
from ..hub import signed_in
from .requests import Asking

router = APIRouter()


class Card(BaseModel):
    """A README to check."""

    content: str
    repoType: str = "model"  # noqa: N815 - the Hub's name


@router.get("/api/whoami-v2")
async def whoami(identity: Asking) -> dict[str, Any]:
    """Say who a token belongs to."""
    return signed_in(identity).described()


@router.post("/api/validate-yaml")
async def validate_yaml(card: Card) -> JSONResponse:
    """Check the front matter of a README."""
    errors, warnings = complaints(card.content, card.repoType)
    body = {"errors": [{"message": one} for one in errors], "warnings": [{"message": one} for one in warnings]}
    return JSONResponse(body, 400 if errors else 200)


@router.get("/api/agent-harnesses")
async def agent_harnesses() -> dict[str, Any]:
    """List the programs that the client names in its requests: none."""
    return {"harnesses": {}}
