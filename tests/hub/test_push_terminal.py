"""``openenv push`` on a terminal."""

import os
import shutil
import sys
from pathlib import Path

import pexpect
from support.hub import environment
from support.puppets import PATIENCE_S

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


def test_a_large_file_has_a_bar_and_the_build_a_line_that_changes(hub, tmp_path):
    project = shutil.copytree(ECHO, tmp_path / "echo-env", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    (project / "echo_env" / "weights.bin").write_bytes(os.urandom(3_000_000))
    hub.server.plan(f"{hub.name}/echo-env", fails_at="BUILDING", log=("--> RUN one", "--> RUN two"), pace_s=0.3)
    surroundings = {**os.environ, **environment(hub.server.url, hub.token, tmp_path / "home"), "TERM": "xterm"}
    surroundings.pop("NO_COLOR", None)

    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "openenv_cli", "push", str(project)],
        env=surroundings,
        timeout=PATIENCE_S,
        encoding="utf-8",
        dimensions=(30, 100),
    )
    for text in ("looking at", "weights.bin: ", "committed ", "BUILDING", "--> RUN one", "error:", "not deployed"):
        terminal.expect_exact(text)
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 1
