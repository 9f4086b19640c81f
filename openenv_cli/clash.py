"""Whether this installation is whole: other distributions bring a package of the same name, and overwrite ours.

Imports nothing but the standard library, for what it looks for may have taken our own files away.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import runpy
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

_FACTS = runpy.run_path(str(Path(__file__).parents[1] / "openenv" / "version.py"))

DISTRIBUTION: str = _FACTS["DISTRIBUTION"]
STRANGERS: tuple[str, ...] = _FACTS["STRANGERS"]


def strangers() -> dict[str, str]:
    """The distributions here that share files with ours, and their versions."""
    found = {name: installed(name) for name in STRANGERS}
    return {name: there for name, there in found.items() if there is not None}


def foreign_files() -> list[str]:
    """The files of our packages that are not as they were installed: overwritten, or gone.

    What is installed from a checkout has no list of its files, and is never found to be damaged.
    """
    try:
        ours = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return []
    # Not distribution.files: from Python 3.12 on that leaves out what is gone.
    rows = csv.reader((ours.read_text("RECORD") or "").splitlines())
    return [
        file
        for file, sha256, _ in rows
        if sha256 and _digest(Path(str(ours.locate_file(file)))) != sha256.removeprefix("sha256=")
    ]


def advice() -> str:
    """What mends it."""
    others = " ".join(strangers())
    again = f"pip install --force-reinstall --no-deps {DISTRIBUTION}"
    return f"pip uninstall {others}, then {again}" if others else again


def installed(name: str) -> str | None:
    """The version of a distribution; ``None`` where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _digest(path: Path) -> str | None:
    """A file's hash as ``RECORD`` has it (https://packaging.python.org/specifications/recording-installed-packages/)."""
    if not path.is_file():
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
