from __future__ import annotations

import re
from pathlib import Path

import pytest

from openenv.project.project import Project
from openenv_cli.naming import names_for
from openenv_cli.scaffold import render, template_named

SHARED = ("Dockerfile", ".dockerignore", ".github/workflows/test.yml", "tests/test_validation.py")
ENVS = Path(__file__).parents[2] / "envs"


@pytest.mark.parametrize("folder", ["echo_env"])
def test_is_what_init_makes(folder):
    template = Project.read(ENVS / folder).manifest.template
    made = render(names_for(template.answers["name"]), template_named(template.name))

    stands = {path: (ENVS / folder / path).read_text(encoding="utf-8") for path in made}
    assert stands == made


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in ENVS.glob("*/openenv.yaml")))
def test_is_built_and_tested_as_what_init_makes(folder):
    names = names_for(Project.read(ENVS / folder).manifest.name)
    made = render(names, template_named("echo"))
    stands = {path: (ENVS / folder / path).read_text(encoding="utf-8") for path in SHARED}

    # A class may be called as its game is: OpenSpielEnvironment.
    as_made = re.sub(r"\b\w+Environment\b", names.environment, stands["tests/test_validation.py"])
    assert {**stands, "tests/test_validation.py": as_made} == {path: made[path] for path in SHARED}
