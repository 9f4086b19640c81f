"""Every game that OpenSpiel loads by its name."""

import json

import pyspiel
import pytest

from episodes import Episode, at_random, play

Dynamics = pyspiel.GameType.Dynamics
MOVES_WITHOUT_NUMBERS = "crossword"
GAMES = [
    kind
    for kind in pyspiel.registered_games()
    if kind.default_loadable and kind.dynamics != Dynamics.MEAN_FIELD and kind.short_name != MOVES_WITHOUT_NUMBERS
]


def episode(game: str, seed: int, seat: int) -> Episode:
    return play(at_random(seed), seed=seed, game_name=game, agent_player=seat, max_steps=2_000)


def test_there_are_many() -> None:
    assert len(GAMES) > 100


@pytest.mark.parametrize("kind", GAMES, ids=lambda kind: kind.short_name)
def test_the_seed_and_the_actions_give_the_same_episode(kind: pyspiel.GameType) -> None:
    for seat in range(kind.min_num_players):
        one, other = (episode(kind.short_name, 7 + seat, seat) for _ in range(2))

        assert one.seen == other.seen


@pytest.mark.parametrize("kind", GAMES, ids=lambda kind: kind.short_name)
def test_the_rewards_of_an_episode_add_up_to_its_return(kind: pyspiel.GameType) -> None:
    for seat in range(kind.min_num_players):
        played = episode(kind.short_name, 7 + seat, seat)
        if played.last.terminated and kind.short_name != "catch":
            assert played.sum_of_rewards == pytest.approx(played.last.metadata["returns"][seat])
        json.dumps([observation.model_dump() for observation in played.seen], allow_nan=False)


def test_different_seeds_give_different_episodes() -> None:
    for game in ("2048", "blackjack", "catch", "kuhn_poker", "tic_tac_toe", "negotiation", "goofspiel"):
        openings = {play(lambda o: at_random(0)(o), seed=seed, game_name=game).seen[-1].board for seed in range(10)}
        assert len(openings) > 1, game


def test_all_move_at_once_where_the_game_says_so() -> None:
    played = episode("goofspiel", 7, 1)

    assert {observation.current_player_id for observation in played.seen[:-1]} == {pyspiel.PlayerId.SIMULTANEOUS}
    assert played.last.current_player_id == pyspiel.PlayerId.TERMINAL


@pytest.mark.parametrize("seat", [0, 1])
def test_the_cards_of_others_do_not_show(seat: int) -> None:
    deals = [
        play(at_random(seed), seed=seed, game_name="kuhn_poker", agent_player=seat, opponent_policy="first")
        for seed in range(60)
    ]
    shown = {episode.seen[0].model_dump_json() for episode in deals}
    assert len(shown) == 3  # one for each card of the agent's own
    paid = {(episode.seen[0].model_dump_json(), tuple(episode.last.metadata["returns"])) for episode in deals}
    assert len(paid) > 3


def test_the_dealer_s_first_card_does_not_show() -> None:
    first = play(at_random(7), seed=7, game_name="blackjack").seen[0]

    assert "??" in first.board


def test_an_opponent_s_move_shows_only_where_the_rules_show_it() -> None:
    open_game = play(at_random(7), seed=7, game_name="tic_tac_toe").seen
    hidden_game = play(at_random(7), seed=7, game_name="phantom_ttt").seen

    assert [observation.opponent_last_action is None for observation in open_game[:2]] == [True, False]
    assert {observation.opponent_last_action for observation in hidden_game} == {None}
