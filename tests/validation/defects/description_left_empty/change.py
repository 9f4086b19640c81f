"""The metadata say nothing about the environment."""

from __future__ import annotations

from pathlib import Path

from changing import append

METADATA = """
    def get_metadata(self):
        from openenv import EnvironmentMetadata

        return EnvironmentMetadata(name="my-env", description="WORDS")
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "environment.py", METADATA.replace("WORDS", ""))


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "environment.py", METADATA.replace("WORDS", "Says it back."))
