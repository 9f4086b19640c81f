"""What the classes of environments in a project look like, as reading tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from openenv.errors import ConfigurationError
from openenv.validation.files.sources import Sources

_RESETS = {"reset", "reset_async"}
_STEPS = {"step", "step_async"}


def takes_episode_id(sources: Sources) -> bool:
    """Say whether every environment of a project has a reset with an ``episode_id``; where there is none, it has not.

    Args:
        sources: The files of the project.
    """
    found = ["episode_id" in _parameters(reset) for path in sources.python_files() for reset in _resets(sources, path)]
    return bool(found) and all(found)


def _resets(sources: Sources, path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Find the resets of all classes of a file that have a step too."""
    try:
        tree = sources.parse(path)
    except (SyntaxError, ConfigurationError):  # that is the finding of another check
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
            if any(method.name in _STEPS for method in methods):
                yield from (method for method in methods if method.name in _RESETS)


def _parameters(method: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {argument.arg for argument in (*method.args.args, *method.args.kwonlyargs)}
