"""The code of the README, and of the notebook that introduces OpenEnv, runs as it stands against the server."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PLAYER = PROJECT.parents[1] / "tests" / "docs" / "docs_player.py"


def test_the_pages_play() -> None:
    pages = [PROJECT / "tests" / "seeds.md", PROJECT / "README.md"]
    command = [sys.executable, "-W", "error", PLAYER, *pages, "--in", PROJECT]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
