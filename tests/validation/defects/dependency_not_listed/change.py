"""The environment imports a package that is installed here, and that no image would get."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(
        project / "my_env" / "server" / "environment.py",
        "from uuid import uuid4\n",
        "from uuid import uuid4\n\nimport numpy as np\n",
    )


def mended(project: Path) -> None:
    defect(project)
    replace(project / "pyproject.toml", "dependencies = []", 'dependencies = ["numpy"]')
