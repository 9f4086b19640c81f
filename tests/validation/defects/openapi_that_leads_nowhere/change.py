"""A route that the author has added refers to a schema that does not exist."""

from __future__ import annotations

from pathlib import Path

from changing import append

ROUTE = """

@app.get("/board", openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"$ref": "BODY"}}}}})
def board() -> str:
    return "board"
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", ROUTE.replace("BODY", "#/components/schemas/Board"))


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", ROUTE.replace("BODY", "#/components/schemas/Health"))
