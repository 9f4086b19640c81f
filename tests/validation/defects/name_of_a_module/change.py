"""The package is called as a module of Python's own, which hides it."""

from __future__ import annotations

from pathlib import Path


def defect(project: Path) -> None:
    (project / "my_env").rename(project / "json")
    for file in [
        *project.rglob("*.py"),
        project / "openenv.yaml",
        project / "pyproject.toml",
        project / ".dockerignore",
    ]:
        text = file.read_text(encoding="utf-8").replace("my_env", "json").replace("name: my-env", "name: json")
        file.write_text(text.replace('"my-env"', '"json"'), encoding="utf-8")
