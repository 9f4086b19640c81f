"""What the template's models say of each space, and environments of every space served by them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import data_equivalence
from pydantic import TypeAdapter, ValidationError
from support.gymnasium_served import SPACES, Mirror, models_of, register, served_class

from openenv.gymnasium import make
from openenv.gymnasium.schemas import action_space, observation_space
from openenv.gymnasium.spaces import UnsupportedSpaceError
from openenv_cli.gymnasium_template import filled
from openenv_cli.scaffold import TEMPLATES

IDS = [f"Mirror{number}-v0" for number in range(len(SPACES))]
CASES = list(zip(IDS, SPACES, strict=True))


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    for env_id, space in CASES:
        register(env_id, lambda space=space, **_: Mirror(space))


@pytest.mark.parametrize(("env_id", "space"), CASES, ids=map(repr, SPACES))
def test_the_schemas_of_the_models_give_the_very_spaces(env_id, space):
    models, _ = models_of(env_id)

    for found in (
        action_space(TypeAdapter(models.MyAction).json_schema()).space,
        observation_space(TypeAdapter(models.MyObservation).json_schema()).space,
    ):
        assert found == space
        assert repr(found) == repr(space)


@pytest.mark.parametrize(("env_id", "space"), CASES, ids=map(repr, SPACES))
def test_every_element_travels_both_ways(env_id, space):
    env = make(served_class(env_id))
    local = Mirror(space)
    for seed in range(5):
        shown, first = env.reset(seed=seed)[0], local.reset(seed=seed)[0]
        assert data_equivalence(shown, arrays(first, space), exact=True)
        action = arrays(space.sample(), space)
        assert data_equivalence(env.step(action)[0], action, exact=True)
    env.close()


def arrays(element: Any, space: spaces.Space[Any]) -> Any:
    """Gymnasium samples a box of shape () as a number, where environments give an array."""
    return np.asarray(element) if isinstance(space, spaces.Box) else element


def test_what_is_written_is_laid_out_as_a_formatter_does(tmp_path):
    for env_id in IDS:
        (tmp_path / f"{env_id}.py").write_text(models_of(env_id)[1], encoding="utf-8")
    style = ["--no-cache", "--isolated", "--line-length", "120", "."]

    for command in (["check", "--extend-select", "I,UP,B,SIM,RUF"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", "--quiet", *command, *style]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("env_id", "action"),
    [
        ("CartPole-v1", 2),
        ("CartPole-v1", -1),
        ("CartPole-v1", "left"),
        ("Pendulum-v1", [2.5]),
        ("Pendulum-v1", [0.0, 0.0]),
        ("Pendulum-v1", 0.0),
        ("Blackjack-v1", None),
    ],
)
def test_the_models_refuse_what_is_no_action(env_id, action):
    models, _ = models_of(env_id)

    with pytest.raises(ValidationError):
        models.MyAction(value=action)


def test_the_template_refuses_a_space_that_cannot_be_json():
    register("Graph-v0", lambda **_: Mirror(spaces.Graph(spaces.Discrete(2), None)))

    with pytest.raises(UnsupportedSpaceError, match=r"the space Graph\(.*\) cannot be written as JSON"):
        filled(TEMPLATES["gymnasium"], "Graph-v0")
