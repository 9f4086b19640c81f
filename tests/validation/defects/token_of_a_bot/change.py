"""A bot's token stands in the code, where whoever has the repository can use it."""

from __future__ import annotations

from pathlib import Path

from changing import append


def defect(project: Path) -> None:
    append(project / "my_env" / "server" / "alert.py", f"TOKEN = 'xoxb-{'1234567890-' * 2}{'aB3xY9kL7mQw' * 2}'\n")


def mended(project: Path) -> None:
    append(project / "my_env" / "server" / "alert.py", 'import os\n\nTOKEN = os.environ.get("ALERT_TOKEN")\n')
