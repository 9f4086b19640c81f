"""Prints what a project needs, so that an image can install it before the project's code, and keep it.

``python -m openenv.project.requirements PYPROJECT`` prints what the project runs with, with ``--build`` what
it is built with: one requirement a line, as pip reads them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from openenv.project.pyproject import PyProjectError, parse_pyproject


def main(arguments: Sequence[str]) -> None:
    """Print the requirements.

    Args:
        arguments: The path of a ``pyproject.toml``, and perhaps ``--build``.
    """
    build = "--build" in arguments
    [path] = [word for word in arguments if word != "--build"]
    try:
        pyproject = parse_pyproject(Path(path).read_text(encoding="utf-8"))
    except PyProjectError as error:
        sys.exit(f"error: {error}")
    for requirement in pyproject.build_system.requires if build else pyproject.project.dependencies:
        print(requirement)


if __name__ == "__main__":
    main(sys.argv[1:])
