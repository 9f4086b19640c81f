"""One episode of a game: the agent decides, and everything else that happens in it happens here."""

from random import Random

import pyspiel

from openspiel_env.models import OpenSpielObservation
from openspiel_env.server.opponents import Opponent
from openspiel_env.server.view import observe


class Play:
    """A game between one agent and its opponents.

    Chance and the opponents move as soon as it is their turn, so that it is the agent's turn whenever the game
    is not over. All that they draw comes from one generator.

    Args:
        game: The game.
        agent: Which player the agent is.
        opponent: Moves for each of the other players.
        random: What chance is drawn from; opponents draw from it too.
    """

    def __init__(self, game: pyspiel.Game, agent: int, opponent: Opponent, random: Random) -> None:
        self._state = game.new_initial_state()
        self._agent = agent
        self._opponent = opponent
        self._random = random
        self._open = game.get_type().information == pyspiel.GameType.Information.PERFECT_INFORMATION
        self._opponents_move: int | None = None
        self._paid = 0.0
        self._advance()

    @property
    def over(self) -> bool:
        """Whether the game has ended by its own rules."""
        return bool(self._state.is_terminal())

    @property
    def legal_actions(self) -> list[int]:
        """The agent's possible moves; none once the game is over."""
        return [] if self.over else list(self._state.legal_actions(self._agent))

    @property
    def returns(self) -> list[float]:
        """What each player has been paid so far."""
        return list(self._state.returns())

    def act(self, action: int) -> None:
        """Make the agent's move, one of ``legal_actions``, and everybody's moves up to the agent's next one."""
        if self._state.is_simultaneous_node():
            self._move_together(action)
        else:
            self._state.apply_action(action)
        self._advance()

    def collect(self) -> float:
        """Take what the agent's player was paid since this was last asked, as OpenSpiel pays it."""
        before, self._paid = self._paid, self._state.returns()[self._agent]
        return float(self._paid - before)

    def observe(self) -> OpenSpielObservation:
        """Show the game to the agent, without reward and end."""
        return observe(self._state, self._agent, self._opponents_move if self._open else None)

    def _advance(self) -> None:
        state = self._state
        while not state.is_terminal() and not self._agent_decides():
            if state.is_chance_node():
                outcomes, weights = zip(*state.chance_outcomes(), strict=True)
                state.apply_action(self._random.choices(outcomes, weights)[0])
            elif state.is_simultaneous_node():
                self._move_together(0)
            else:
                self._opponents_move = self._opponent(state, state.current_player(), self._random)
                state.apply_action(self._opponents_move)

    def _agent_decides(self) -> bool:
        if self._state.is_simultaneous_node():
            return bool(self._state.legal_actions(self._agent))
        return bool(self._state.current_player() == self._agent)

    def _move_together(self, action: int) -> None:
        """Let all players move at once. Whoever has no move is given 0, as OpenSpiel's own simulations do."""
        state = self._state
        moves = [
            self._opponent(state, player, self._random) if state.legal_actions(player) else 0
            for player in range(state.num_players())
            if player != self._agent
        ]
        state.apply_actions([*moves[: self._agent], action, *moves[self._agent :]])
