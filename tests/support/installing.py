"""Lays packages out as pip would, in a folder on the path."""

from __future__ import annotations

from pathlib import Path

MODELS = """
from openenv.types import Action, Observation

class {name}Action(Action):
    text: str = "hi"

class {name}Observation(Observation):
    heard: str = ""
"""
CLIENT = """
from openenv.client import EnvClient
from openenv.types import State
from {package}.models import {name}Action, {name}Observation

class {client}(EnvClient[{name}Action, {name}Observation, State]):
    pass
"""
APP = """
from openenv.environment import Environment
from openenv.server import create_app
from openenv.types import State
from {package}.models import {name}Action, {name}Observation

class Echo(Environment[{name}Action, {name}Observation, State]):
    def reset(self):
        return {name}Observation(heard="ready")
    def step(self, action):
        return {name}Observation(heard=action.text, reward=1.0)
    @property
    def state(self):
        return State()

app = create_app(Echo)
"""


def install(
    site: Path,
    package: str,
    *,
    name: str = "Echo",
    client: str | None = None,
    distribution: str | None = None,
    entry_point: str | None = None,
    manifest: str | None = None,
    top_level: str | None = None,
) -> None:
    """Install an environment.

    Args:
        site: Where.
        package: The package's name.
        name: What its classes' names begin with.
        client: The name of its client's class.
        distribution: The distribution's name.
        entry_point: The environment's name, where it has an entry point.
        manifest: The text of its ``openenv.yaml``, if it has one.
        top_level: The text of ``top_level.txt``, if it has one.
    """
    texts = {
        "__init__.py": "",
        "server/__init__.py": "",
        "models.py": MODELS,
        "client.py": CLIENT,
        "server/app.py": APP,
    }
    for path, text in texts.items():
        file = site / package / path
        file.parent.mkdir(parents=True, exist_ok=True)
        filled = text.format(package=package, name=name, client=client or f"{name}Env")
        file.write_text(filled, encoding="utf-8")
    if manifest is not None:
        (site / package / "openenv.yaml").write_text(manifest, encoding="utf-8")
    distribution = distribution or f"openenv-{package.replace('_', '-')}"
    info = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n", encoding="utf-8")
    if entry_point is not None:
        text = f"[openenv.environments]\n{entry_point} = {package}\n"
        (info / "entry_points.txt").write_text(text, encoding="utf-8")
    if top_level is not None:
        (info / "top_level.txt").write_text(top_level, encoding="utf-8")
