"""Say what each dependency costs: MB on disk and ms to import.

``PYTHON scripts/dependency_costs.py`` prints a table; PYTHON is that of a plain install of this tree, or of one with
extras, which are listed below the total.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from openenv.version import DISTRIBUTION

ROUNDS = 7
IMPORTS = {
    "docker": "import docker",
    "fastapi": "from fastapi import FastAPI",
    "gymnasium": "import gymnasium",
    "httpx2": "import httpx2",
    "huggingface-hub": "from huggingface_hub import HfApi",
    "jinja2": "from jinja2 import Environment",
    "jsonschema": "from jsonschema import Draft202012Validator",
    "matplotlib": "import matplotlib.figure",
    "openai": "from openai import AsyncOpenAI",
    "pathspec": "import pathspec",
    "pyarrow": "import pyarrow.parquet",
    "pydantic": "from pydantic import BaseModel",
    "pyyaml": "import yaml",
    "rich": "from rich.console import Console",
    "typer": "import typer",
    "typing-extensions": "import typing_extensions",
    "uvicorn": "import uvicorn",
    "uvloop": "import uvloop",
    "websockets": "import websockets.asyncio.client",
}
"""What is imported of each: many load their parts only when they are used."""


def normalized(name: str) -> str:
    """Write a distribution's name as the index does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(found: Distribution) -> set[str]:
    """Name what a distribution needs and what is installed of that."""
    names = (re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0] for line in found.requires or () if "extra ==" not in line)
    return {normalized(name) for name in names if _installed(name)}


def optional(found: Distribution) -> set[str]:
    """Name what the extras of a distribution bring and what is installed of that, development's left out."""
    lines = [line for line in found.requires or () if "extra ==" in line and "dev" not in line.partition("extra ==")[2]]
    names = (re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0] for line in lines)
    return {normalized(name) for name in names if _installed(name)}


def closure(names: set[str]) -> set[str]:
    """Add what distributions need, and what that needs, to them."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names |= required(distribution(name))
    return found


def megabytes(name: str) -> float:
    """Add up the files of a distribution, without compiled bytecode."""
    files = [file for file in distribution(name).files or () if file.suffix != ".pyc"]
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def import_ms(statement: str) -> float:
    """Measure the processor time of a statement."""
    return statistics.median(_seconds(statement) - _seconds("pass") for _ in range(ROUNDS)) * 1000


def main() -> None:
    """Print a table: own size, size with what it alone brings, time to import; extras last."""
    direct = required(distribution(DISTRIBUTION))
    everything = closure(set(direct))
    print("| dependency | MB | with what it alone brings | import, ms |\n|---|---|---|---|")
    for name in sorted(direct):
        alone = everything - closure(direct - {name}) | {name}
        together = sum(map(megabytes, alone))
        cost = import_ms(IMPORTS[name])
        print(f"| {name} | {megabytes(name):.1f} | {together:.1f} | {cost:.0f} |")
    total = sum(map(megabytes, everything))
    print(f"| all, {len(everything)} distributions | {total:.1f} | | |")
    for name in sorted(optional(distribution(DISTRIBUTION)) - direct):
        together = sum(map(megabytes, closure({name}) - everything))
        print(f"| extra: {name} | {megabytes(name):.1f} | {together:.1f} | {import_ms(IMPORTS[name]):.0f} |")


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _seconds(statement: str) -> float:
    code = f"import time; begin = time.process_time()\n{statement}\nprint(time.process_time() - begin)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
