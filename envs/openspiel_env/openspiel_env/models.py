"""What an agent does and sees, and what the environment keeps."""

from typing import Any

from openenv import Action, Observation, State
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

GameParams = dict[str, bool | int | float | str]

MAX_STEPS = 10_000


class OpenSpielAction(Action):
    """A move, by OpenSpiel's number for it.

    ``game_name`` and ``game_params`` are travelling companions of the move: where they are given, they have to
    name the game that is being played, which ``reset`` has chosen. Where they are left out, they are not sent.
    """

    action_id: int = Field(ge=0, description="The move; must be one of the observation's legal_actions")
    game_name: str = Field(default="catch", description="The game this move is meant for; any if left out")
    game_params: GameParams = Field(
        default_factory=dict, description="Parameters of the game this move is meant for; any if left out"
    )

    @model_serializer(mode="wrap")
    def _as_given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A default that is sent looks like a choice, and would be refused wherever the game is not catch.
        left_out = {"game_name", "game_params"} - self.model_fields_set
        return {name: value for name, value in handler(self).items() if name not in left_out}


class OpenSpielObservation(Observation):
    """The game as the agent's player sees it; what is hidden from that player is not in it."""

    info_state: list[float] = Field(
        description="OpenSpiel's information state tensor, or its observation tensor where there is no such thing"
    )
    legal_actions: list[int] = Field(description="The moves that are possible now; none once the episode is over")
    game_phase: str = Field(
        default="playing", description="playing, terminal (the game is over) or truncated (max_steps is reached)"
    )
    current_player_id: int = Field(
        default=0, description="Whose turn it is: the agent's number, -2 where all move at once, -4 once it is over"
    )
    opponent_last_action: int | None = Field(
        default=None, description="The latest move of an opponent, in games where every player sees it"
    )
    game_name: str = Field(default="catch", description="The game that is being played")
    board: str = Field(default="", description="What the agent's player sees, as text")
    action_names: list[str] = Field(default_factory=list, description="What each of legal_actions is called")


class OpenSpielState(State):
    """Which game is played, how, and against whom. The seed and the actions give the same episode again."""

    game_name: str = Field(default="catch", description="OpenSpiel's short name of the game")
    agent_player: int = Field(default=0, ge=0, description="Which player the agent is")
    opponent_policy: str = Field(default="random", description="Who plays the other players")
    game_params: GameParams = Field(default_factory=dict, description="The game's parameters, with its defaults")
    num_players: int = Field(default=1, ge=1, description="How many players the game has, the agent among them")
    seed: int | None = Field(default=None, description="What chance and the opponents were drawn from")
    max_steps: int = Field(default=MAX_STEPS, ge=1, description="After how many steps an episode is truncated")
