"""Make, once, the virtual environments beside the one for development.

``python scripts/venvs.py peer`` prints the interpreter of one that holds the real openenv 0.10.0;
``python scripts/venvs.py plain`` that of a plain install of this tree, refreshed at every call;
``python scripts/venvs.py games`` that of one for envs/openspiel_env, made anew when what it needs changes.
``OPENENV_PEER_PYTHON`` names an interpreter that has the peer already.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
CACHE = ROOT / ".cache" / "venvs"
PEER_REQUIREMENT = "openenv==0.10.0"


def peer_python() -> str:
    """Find or make the interpreter that has the peer."""
    given = os.environ.get("OPENENV_PEER_PYTHON")
    if given:
        return given
    home = CACHE / "peer"
    ready = home / "installed"
    if not ready.exists():
        print(f"installing {PEER_REQUIREMENT} into {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        _pip(home, "install", PEER_REQUIREMENT)
        ready.touch()
    return str(_interpreter(home))


def plain_python() -> str:
    """Install this tree, and nothing beyond what it asks for, into an environment of its own."""
    home = CACHE / "plain"
    if not _interpreter(home).exists():
        venv.create(home, with_pip=True)
    _pip(home, "install", str(ROOT))  # A folder is installed anew even where its version is there already.
    return str(_interpreter(home))


def games_python() -> str:
    """Find or make the interpreter that has OpenSpiel, which takes 300 MB."""
    if sys.version_info < (3, 11):
        sys.exit("error: open_spiel needs Python 3.11 or newer; try: make clean; make PYTHON=/path/to/python3.12 games")
    home = CACHE / "games"
    ready = home / "installed"
    environment = ROOT / "envs" / "openspiel_env"
    listed = [ROOT / "pyproject.toml", CONSTRAINTS, environment / "pyproject.toml"]
    needed = "\n".join(path.read_text(encoding="utf-8") for path in listed)
    if not ready.exists() or ready.read_text(encoding="utf-8") != needed:
        print(f"installing {environment.name} into {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        projects = ["--editable", f"{ROOT}[dev,plot]", "--editable", str(environment)]
        _pip(home, "install", "--constraint", str(CONSTRAINTS), *projects)
        ready.write_text(needed, encoding="utf-8")
    return str(_interpreter(home))


def _pip(home: Path, *arguments: str) -> None:
    # pip's own output goes to stderr: stdout is for the answer.
    command = [str(_interpreter(home)), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)


def _interpreter(home: Path) -> Path:
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


if __name__ == "__main__":
    makers = {"peer": peer_python, "plain": plain_python, "games": games_python}
    if len(sys.argv) != 2 or sys.argv[1] not in makers:
        sys.exit(f"usage: venvs.py {'|'.join(makers)}")
    print(makers[sys.argv[1]]())
