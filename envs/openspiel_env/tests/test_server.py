"""The server, as it is started for others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openenv import EnvClient, GenericEnvClient, ProcessProvider
from openenv.errors import EnvironmentCrashedError

from openspiel_env import OpenSpielAction, OpenSpielEnv
from openspiel_env.policies import KnownGoodPolicy

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    provider = ProcessProvider.for_project(PROJECT)
    try:
        yield provider.start()
    finally:
        provider.stop()


@pytest.mark.parametrize(
    ("game", "params"), [("connect_four", {"rows": 0}), ("hanabi", {"colors": 17}), ("mnk", {"m": 2_000, "n": 2_000})]
)
def test_a_client_can_end_its_own_session_only(url: str, game: str, params: dict[str, int]) -> None:
    with OpenSpielEnv(base_url=url) as bystander, OpenSpielEnv(base_url=url) as culprit:
        bystander.reset(game_name="tic_tac_toe", opponent_policy="first")
        bystander.step(OpenSpielAction(action_id=4))
        with pytest.raises(EnvironmentCrashedError):
            culprit.reset(game_name=game, game_params=params)

        assert bystander.step(OpenSpielAction(action_id=8)).observation.board == "oo.\n.x.\n..x"


@pytest.mark.parametrize("client", [OpenSpielEnv, GenericEnvClient])
def test_the_known_good_policy_plays_from_what_travels(url: str, client: type[EnvClient[Any, Any, Any]]) -> None:
    policy = KnownGoodPolicy()
    with client(base_url=url) as env:
        for game in ("2048", "blackjack", "catch", "cliff_walking", "kuhn_poker", "tic_tac_toe"):
            result = env.reset(seed=7, game_name=game, max_steps=20)
            while not result.done:
                result = env.step(policy.act(result.observation))
            assert result.truncated == (game == "2048")
