"""Where a reference in a JSON Schema leads. Pure."""

from __future__ import annotations

from typing import Any


def referred(reference: Any, root: Any) -> Any:
    """Follow a reference inside a document (a JSON Pointer after ``#``, RFC 6901); nothing else is opened.

    Args:
        reference: What stands under ``$ref``.
        root: The whole document.

    Returns:
        What is there; ``None`` where nothing is, or where the reference is none or leads elsewhere.
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found = root
    for name in filter(None, reference.removeprefix("#").split("/")):
        found = found.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found
