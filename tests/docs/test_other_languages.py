"""The page for other languages, with the tools that it needs and that not every machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs_blocks import ROOT

PAGE = ROOT / "docs" / "other_languages.md"
PLAYER = Path(__file__).with_name("docs_player.py")
SOCKETS = 'typeof WebSocket === "function" || require("ws")'


def play(tmp_path: Path, need: str, **environ: str) -> None:
    """Play the page with the blocks that have this need, and none of the others that have one."""
    comment = f"<!-- not run: {need} -->\n"
    text = PAGE.read_text(encoding="utf-8")
    assert comment in text
    page = tmp_path / PAGE.name
    page.write_text(text.replace(comment, ""), encoding="utf-8")
    command = [sys.executable, str(PLAYER), str(page), "--in", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={**os.environ, **environ})
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on the PATH")
def test_a_session_with_curl(tmp_path: Path) -> None:
    play(tmp_path, "needs curl")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on the PATH")
def test_a_session_with_node_over_http(tmp_path: Path) -> None:
    play(tmp_path, "needs Node")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on the PATH")
def test_a_session_with_node_over_a_websocket(tmp_path: Path) -> None:
    for options in ("", "--experimental-websocket"):
        environ = {"NODE_OPTIONS": options}
        probe = subprocess.run(["node", "-e", SOCKETS], capture_output=True, env={**os.environ, **environ})
        if probe.returncode == 0:
            play(tmp_path, "needs a WebSocket for Node", **environ)
            return
    pytest.skip("this Node has no WebSocket, and no package ws")
