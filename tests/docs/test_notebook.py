"""The quick start notebook runs from its first cell to its last, in a real kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_blocks import ROOT

NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"
EXECUTE = "from nbclient.cli import main; main()"
TAKEN = "ZMQError: Address already in use"
"""Jupyter chooses the ports of a kernel before it listens on them, and tests beside this one take ports meanwhile."""
ATTEMPTS = 5


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text_of(cell: dict[str, Any]) -> str:
    return "".join("".join(output.get("text", ())) for output in cell["outputs"])


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each cell of code prints."""
    notebook = Path(shutil.copy(NOTEBOOK, tmp_path_factory.mktemp("notebook")))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-c", EXECUTE, "--inplace", "--timeout=120", str(notebook)]
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            command, env={**os.environ, "PATH": path}, capture_output=True, text=True, encoding="utf-8"
        )
        if TAKEN not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    return [text_of(cell) for cell in code_cells(notebook)]


def test_the_synchronous_client_plays_in_the_running_loop_of_a_notebook(printed: list[str]) -> None:
    assert printed[1] == "20 moves, reward 0.0\n"


def test_cells_await_the_asynchronous_client(printed: list[str]) -> None:
    assert len(json.loads(printed[2])) == 4


def test_a_pool_works_there(printed: list[str]) -> None:
    assert len(json.loads(printed[3])) == 4


def test_a_client_without_a_server_works_there(printed: list[str]) -> None:
    assert "north" in printed[4]


def test_the_notebook_is_kept_without_outputs() -> None:
    assert not any(cell["outputs"] for cell in code_cells(NOTEBOOK))
