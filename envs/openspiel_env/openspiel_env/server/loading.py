"""From a name and parameters, as a client sends them, to a game.

OpenSpiel trusts its caller: a parameter may name a file to read, and a bad one may hang the process or end it. None
that names a file or another game is let through, those of the six games this environment is made for have bounds,
and the rest is why ``app.py`` gives each session a process of its own.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from random import Random
from types import MappingProxyType

import pyspiel
from openenv.errors import RequestValidationError

from openspiel_env.models import GameParams

BOUNDS: Mapping[str, Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "2048": {"max_tile": (8, 131_072)},
        "blackjack": {},
        "catch": {"rows": (2, 100), "columns": (1, 100)},
        "cliff_walking": {"height": (2, 100), "width": (3, 100), "horizon": (1, 1_000)},
        "kuhn_poker": {"players": (2, 10)},
        "tic_tac_toe": {},
    }
)
"""Each of the six games -> each of its parameters -> its smallest and its largest value."""

_OF_FILES = ("file", "root")
"""Parts of the names of parameters that name files."""


def load_game(name: str, params: GameParams, random: Random) -> pyspiel.Game:
    """Load a game.

    Args:
        name: OpenSpiel's short name of it.
        params: Its parameters; those left out have OpenSpiel's defaults.
        random: Gives its seed to a game that draws chance by itself.

    Returns:
        The game.

    Raises:
        RequestValidationError: There is no such game, it is of a kind that cannot be played here, or it
            cannot be played with these parameters.
    """
    kind = _kinds().get(name)
    if kind is None:
        near = get_close_matches(name, _kinds(), n=3, cutoff=0.5)
        known = f"did you mean {' or '.join(near)}?" if near else f"try one of {', '.join(BOUNDS)}"
        raise RequestValidationError(f"game_name: there is no game {name!r}; {known}", {"near": near})
    if kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
        raise RequestValidationError(f"game_name: {name} is a mean field game, which has no single agent to play it")
    specified = kind.parameter_specification
    for key, value in params.items():
        _check(name, key, value, specified)
    if "rng_seed" in specified and "rng_seed" not in params:
        params = {**params, "rng_seed": random.getrandbits(31)}
    return pyspiel.load_game(name, params)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, pyspiel.GameType]:
    """The games that load without being told of a file or another game, by name."""
    return {kind.short_name: kind for kind in pyspiel.registered_games() if kind.default_loadable}


def _check(name: str, key: str, value: object, specified: Mapping[str, object]) -> None:
    where = f"game_params: {key} of {name}"
    if key not in specified:
        known = ", ".join(sorted(specified)) or "none"
        raise RequestValidationError(f"game_params: {name} has no parameter {key!r}; it has {known}")
    expected = type(specified[key])
    if any(part in key for part in _OF_FILES) or expected not in (bool, int, float, str):
        raise RequestValidationError(f"{where} names a file or another game, which no client may choose")
    if type(value) is not expected:
        raise RequestValidationError(f"{where} is a {expected.__name__}, got {value!r}")
    low, high = BOUNDS.get(name, {}).get(key, (-(2**31), 2**31 - 1))
    if isinstance(value, (int, float)) and not low <= value <= high:
        raise RequestValidationError(f"{where} lies between {low} and {high}, got {value!r}")
