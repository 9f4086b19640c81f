from __future__ import annotations

from pathlib import Path

import pytest

from openenv.project.project import Project
from openenv_cli.naming import names_for
from openenv_cli.scaffold import render, template_named

ENVS = Path(__file__).parents[2] / "envs"


@pytest.mark.parametrize("folder", ["echo_env"])
def test_is_what_init_makes(folder):
    template = Project.read(ENVS / folder).manifest.template
    made = render(names_for(template.answers["name"]), template_named(template.name))

    stands = {path: (ENVS / folder / path).read_text(encoding="utf-8") for path in made}
    assert stands == made


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in ENVS.glob("*/openenv.yaml")))
def test_builds_as_what_init_makes_does(folder):
    made = render(names_for(Project.read(ENVS / folder).manifest.name), template_named("echo"))

    for path in ("Dockerfile", ".dockerignore"):
        assert (ENVS / folder / path).read_text(encoding="utf-8") == made[path]
