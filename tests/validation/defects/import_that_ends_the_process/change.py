"""A module ends the process when a variable is not set."""

from __future__ import annotations

from pathlib import Path

from changing import append

CHECK = """
import os

if "MY_LICENCE" not in os.environ:
    END
"""


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", CHECK.replace("END", "os._exit(1)"))


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "app.py", CHECK.replace("END", 'os.environ["MY_LICENCE"] = "free"'))
