"""The environment: what follows from an action."""

from uuid import uuid4

from openenv import Environment, InvalidActionError, State

from echo_env.models import EchoAction, EchoObservation

MAX_STEPS = 100


class EchoEnvironment(Environment[EchoAction, EchoObservation, State]):
    """Says back what it is told. Longer messages earn more, up to 1; 'bye' ends the episode, as 100 steps do."""

    # Each session gets an instance of its own, and instances share nothing.
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self._over = False

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> EchoObservation:
        """Begin an episode. Nothing here is random, so every seed gives the same one."""
        self._state = State(episode_id=episode_id or str(uuid4()))
        self._over = False
        return EchoObservation(message="", length=0)

    def step(self, action: EchoAction) -> EchoObservation:
        """Say it back."""
        if self._over:
            raise InvalidActionError("the episode is over")
        self._state.step_count += 1
        said_bye = action.message == "bye"
        self._over = said_bye or self._state.step_count == MAX_STEPS
        return EchoObservation(
            message=action.message,
            length=len(action.message),
            reward=min(len(action.message) / 10, 1.0),
            terminated=said_bye,
            truncated=self._over and not said_bye,
        )

    @property
    def state(self) -> State:
        """Which episode this is, and how many steps it has taken."""
        return self._state
