"""The front matter of the README makes a Space that never builds the Dockerfile."""

from __future__ import annotations

from pathlib import Path

from changing import replace


def defect(project: Path) -> None:
    replace(project / "README.md", "sdk: docker", "sdk: gradio")
