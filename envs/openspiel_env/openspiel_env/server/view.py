"""What a player sees of a game."""

import pyspiel

from openspiel_env.models import OpenSpielObservation


def observe(state: pyspiel.State, player: int, opponents_move: int | None = None) -> OpenSpielObservation:
    """Show a state of a game to one of its players.

    Args:
        state: The state.
        player: Who looks at it.
        opponents_move: The latest move of another player, if this one may know it.

    Returns:
        What that player may know, without reward and end.
    """
    kind = state.get_game().get_type()
    legal = [] if state.is_terminal() else state.legal_actions(player)
    return OpenSpielObservation(
        info_state=_tensor(state, player),
        legal_actions=legal,
        game_phase="terminal" if state.is_terminal() else "playing",
        current_player_id=state.current_player(),
        opponent_last_action=opponents_move,
        game_name=kind.short_name,
        board=state.observation_string(player)
        if kind.provides_observation_string
        else state.information_state_string(player),
        action_names=[state.action_to_string(player, action) for action in legal],
    )


def _tensor(state: pyspiel.State, player: int) -> list[float]:
    kind = state.get_game().get_type()
    if kind.provides_information_state_tensor:
        return list(state.information_state_tensor(player))
    return list(state.observation_tensor(player)) if kind.provides_observation_tensor else []
