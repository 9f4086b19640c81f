"""The checks, one module for each thing that they look at."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "manifest",
    "files",
    "distribution",
    "dependencies",
    "code",
    "own_imports",
    "dockerfile",
    "command",
    "space",
    "secrets",
    "wheel",
    "start",
    "end",
    "information",
    "stateless",
    "sessions",
    "websocket",
    "websocket_v2",
    "agreement",
    "slots",
    "behaviour",
    "episodes",
    "claims",
    "growth",
)


def load() -> None:
    """Import every module of checks, so that they are registered."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
