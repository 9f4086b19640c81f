"""What the README of a Space says about it in its front matter. Pure."""

from __future__ import annotations

import re
from typing import Any

import yaml

_COLORS = ["red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"]
_SDKS = ["gradio", "docker", "static"]
_BLOCK = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def front_matter(readme: str) -> dict[str, Any] | None:
    """Read the front matter of a README.

    Returns:
        Its values; nothing where there is none.

    Raises:
        ValueError: It is no YAML, or no mapping.
    """
    block = _BLOCK.match(readme)
    if block is None:
        return None
    try:
        values = yaml.safe_load(block[1])
    except yaml.YAMLError as error:
        raise ValueError(f"YAML is invalid: {error}") from error
    if not isinstance(values, dict):
        raise ValueError("YAML is no mapping")
    return values


def complaints(readme: str, kind: str) -> tuple[list[str], list[str]]:
    """Check the front matter of a README, as the Hub does.

    Returns:
        Errors and warnings.
    """
    try:
        values = front_matter(readme)
    except ValueError as error:
        return [str(error)], []
    if values is None:
        return [], ["empty or missing yaml metadata in repo card"]
    if kind != "space":
        return [], []
    errors = [
        f'"{key}" must be one of [{", ".join(_COLORS)}]'
        for key in ("colorFrom", "colorTo")
        if values.get(key, "red") not in _COLORS
    ]
    if values.get("sdk") not in _SDKS:
        errors.append(f'"sdk" must be one of [{", ".join(_SDKS)}]')
    if not isinstance(values.get("pinned", False), bool):
        errors.append('"pinned" must be a boolean')
    if not isinstance(values.get("app_port", 1), int):
        errors.append('"app_port" must be a number')
    if len(str(values.get("short_description", ""))) > 60:
        errors.append('"short_description" length must be less than or equal to 60 characters long')
    if not isinstance(values.get("tags", []), list):
        errors.append('"tags" must be an array')
    return errors, []
