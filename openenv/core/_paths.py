"""How the modules here find names that are loaded late, or do not exist yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

from openenv.version import DISTRIBUTION


def later(path: str) -> ImportError:
    """Make the error for a part of openenv 0.10 that does not exist here yet."""
    return ImportError(f"{path} is part of openenv 0.10 that this version of {DISTRIBUTION} does not have yet")


def lazy(module: str, homes: Mapping[str, str], missing: Collection[str] = ()) -> Callable[[str], Any]:
    """Make a module's ``__getattr__`` (PEP 562).

    Args:
        module: The module's name.
        homes: Where each of its names lives.
        missing: Names of openenv 0.10 that do not exist here yet.

    Returns:
        The function.
    """

    def find(name: str) -> Any:
        if name in homes:
            return getattr(import_module(homes[name]), name)
        if name in missing:
            raise later(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return find
