"""Untrusted Python in a process of its own, within limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openenv.sandbox.execution import Execution
    from openenv.sandbox.isolation import Isolation
    from openenv.sandbox.limits import Limits
    from openenv.sandbox.sandbox import Sandbox, SandboxError

__all__ = ["Execution", "Isolation", "Limits", "Sandbox", "SandboxError"]

# Loaded when first used: the processes inside import parts of this package, and should start fast.
_HOME_OF = {
    "Execution": "openenv.sandbox.execution",
    "Isolation": "openenv.sandbox.isolation",
    "Limits": "openenv.sandbox.limits",
    "Sandbox": "openenv.sandbox.sandbox",
    "SandboxError": "openenv.sandbox.sandbox",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value
