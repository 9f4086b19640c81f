"""Environments of Gymnasium for tests, and what serves them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from openenv.gymnasium import GymnasiumEnvironment
from openenv_cli.gymnasium_template import parts_of
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, render

SPACES: list[spaces.Space[Any]] = [
    spaces.Box(-1, 1, (2, 3)),
    spaces.Box(0.1, 0.3, (3,), np.float64),
    spaces.Box(np.array([-4.8, -np.inf], np.float32), np.array([4.8, np.inf], np.float32)),
    spaces.Box(-np.inf, np.inf, (20,), np.float16),
    spaces.Box(np.arange(20) / 7, np.inf, (20,), np.float64),
    spaces.Box(np.array([[0, 0], [1, 1]], np.int16), np.array([[1, 1], [2, 3]], np.int16), (2, 2), np.int16),
    spaces.Box(0, 255, (4, 5, 3), np.uint8),
    spaces.Box(-np.inf, np.inf, (), np.int64),
    spaces.Box(-5, 2**62 + 1, (2,), np.int64),
    spaces.Box(0, 2**64 - 1, (1,), np.uint64),
    spaces.Box(0, 1, (2,), np.bool_),
    spaces.Box(-1, 1, (0,)),
    spaces.Discrete(2),
    spaces.Discrete(3, start=-1),
    spaces.Discrete(4, dtype=np.int32),
    spaces.MultiDiscrete([3, 4]),
    spaces.MultiDiscrete([5, 5], start=[1, 2]),
    spaces.MultiDiscrete([[3, 4], [2, 2]], dtype=np.int8),
    spaces.MultiDiscrete(np.arange(1, 20)),
    spaces.MultiBinary(4),
    spaces.MultiBinary([2, 3]),
    spaces.Text(5),
    spaces.Text(9, min_length=0, charset="a\"'\\\n b…"),
    spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (1,))]),
    spaces.Tuple([]),
    spaces.Dict(position=spaces.Box(0, 1, (2,)), colour=spaces.Discrete(3)),
    spaces.Dict(
        {"b": spaces.Dict({"not a name": spaces.Discrete(2), "class": spaces.Text(3)}), "a": spaces.Discrete(2)}
    ),
    spaces.Dict(spaces=[("z", spaces.Discrete(2)), ("a", spaces.Discrete(2))]),
    spaces.Sequence(spaces.Discrete(4)),
    spaces.Sequence(spaces.Box(0, 1, (2,)), stack=True),
    spaces.Sequence(spaces.Dict(a=spaces.Box(0, 1, (2,)), b=spaces.Discrete(3)), stack=True),
    spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (1,)), spaces.Discrete(2)]),
]
"""One of every kind that can be JSON, and of every turn that a kind can take."""


class Mirror(gymnasium.Env[Any, Any]):
    """Shows random elements of a space, and after an action of it that very action."""

    def __init__(self, space: spaces.Space[Any]) -> None:
        self.action_space = self.observation_space = space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.observation_space.seed(int(self.np_random.integers(2**31)))
        return self.observation_space.sample(), {"options": options}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return action, 1.0, False, False, {}


def register(env_id: str, make: Any) -> str:
    """Add an environment to Gymnasium's registry."""
    gymnasium.register(env_id, make, disable_env_checker=True)
    return env_id


@cache
def models_of(env_id: str) -> tuple[SimpleNamespace, str]:
    """Write and run the models of an environment as ``openenv init`` does; gives their module and its source."""
    parts = parts_of(gymnasium.make(env_id), env_id)
    template = replace(TEMPLATES["gymnasium"], parts=parts, answers={"env_id": env_id})
    source = render(names_for("my-env"), template)["my_env/models.py"]
    module = SimpleNamespace(__name__="models")
    exec(compile(source, f"models of {env_id}", "exec", dont_inherit=True), vars(module))
    return module, source


def served_class(env_id: str, **options: Any) -> type[GymnasiumEnvironment[Any, Any]]:
    """Make the class that serves an environment, as ``openenv init`` does."""
    models, _ = models_of(env_id)

    class Served(GymnasiumEnvironment[models.MyAction, models.MyObservation]):  # type: ignore[name-defined]
        SUPPORTS_CONCURRENT_SESSIONS = True

        def __init__(self) -> None:
            super().__init__(gymnasium.make(env_id, **options))

    return Served
