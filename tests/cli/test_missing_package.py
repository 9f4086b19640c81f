"""A project that imports a package which is not installed: every command says the same of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, plan, write

COMMANDS = {"serve": ["--port", "0"], "eval": ["--episodes", "1"], "info": []}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("file", ["models.py", "server/environment.py"])
def test_every_command_says_how_to_install_what_a_project_imports(tmp_path: Path, file: str, command: str) -> None:
    project = tmp_path / "my env"
    write(plan(names_for("my-env"), TEMPLATES["echo"], project))
    source = project / "my_env" / file
    source.write_text(f"import nowhere.far\n{source.read_text().replace('from __future__ import annotations', '')}")

    openenv = [sys.executable, "-m", "openenv_cli", command, str(project), *COMMANDS[command]]
    ran = subprocess.run(openenv, cwd=tmp_path, capture_output=True, text=True)

    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1] == (
        "hint: list the package with nowhere in pyproject.toml, "
        f"and install what that lists: pip install -e '{project}'"
    )


def test_of_a_module_of_its_own_no_project_is_told_to_install_it(tmp_path: Path) -> None:
    project = tmp_path / "my-env"
    write(plan(names_for("my-env"), TEMPLATES["echo"], project))
    (project / "my_env" / "server" / "environment.py").write_text("import my_env.nowhere\n")

    openenv = [sys.executable, "-m", "openenv_cli", "info", str(project)]
    ran = subprocess.run(openenv, cwd=tmp_path, capture_output=True, text=True)

    assert "No module named 'my_env.nowhere'" in ran.stderr
    assert "install" not in ran.stderr
