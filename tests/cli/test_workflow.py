"""The GitHub Actions workflow that a made project has: what it runs, and that it does so here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from openenv.version import DISTRIBUTION
from openenv_cli.naming import names_for
from openenv_cli.scaffold import plan, render, template_named, write

ECHO = template_named("echo")


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    """The steps that are commands."""
    workflow = yaml.safe_load(render(names_for("my-env"), ECHO)[".github/workflows/test.yml"])
    [job] = workflow["jobs"].values()
    return [step for step in job["steps"] if "run" in step]


def run(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner of GitHub does."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_runtime_is_never_looked_up_by_name(steps: list[dict[str, Any]], tmp_path: Path) -> None:
    install = steps[0]
    assert install["env"] == {"OPENENV_RUNTIME": "${{ vars.OPENENV_RUNTIME }}"}
    assert not any(DISTRIBUTION in step["run"] for step in steps)
    done = run(install["run"], tmp_path, OPENENV_RUNTIME="")
    assert done.returncode != 0
    assert "set the variable OPENENV_RUNTIME of this repository" in done.stderr


def test_what_it_runs_after_the_installation_passes_as_made(steps: list[dict[str, Any]], tmp_path: Path) -> None:
    write(plan(names_for("my-env"), ECHO, tmp_path / "my-env"))
    commands = [step["run"] for step in steps if not step["run"].startswith("pip ")]
    assert commands == ["pytest", "openenv validate --strict"]
    for command in commands:
        done = run(command, tmp_path / "my-env")
        assert done.returncode == 0, done.stdout + done.stderr
