"""The environment: a process that runs what it is given."""

from dataclasses import asdict
from secrets import randbelow

from openenv import Environment, InvalidActionError, Transform
from openenv.sandbox import Execution, Limits, Sandbox

from coding_env.models import CodeAction, CodeObservation, CodeState

MAX_STEPS = 100


class CodingEnvironment(Environment[CodeAction, CodeObservation, CodeState]):
    """Runs Python code. Names, files and child processes live through an episode, and none of them longer.

    There is no task here, so every step earns 0: who has one gives a transform, which sets the reward of an observation
    and whether the episode is over.

    Args:
        transform: Judges each observation of a step.
        limits: What the code may use.
    """

    # Each session gets an instance of its own, and instances share nothing.
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, transform: Transform[CodeObservation] | None = None, limits: Limits | None = None) -> None:
        super().__init__(transform)
        self._sandbox = Sandbox(limits)
        self._state = CodeState(max_steps=MAX_STEPS)

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, max_steps: int = MAX_STEPS
    ) -> CodeObservation:
        """Begin an episode, without a name, a file or a process of the one before.

        Args:
            seed: Seeds the module ``random``.
            episode_id: A name for the episode.
            max_steps: How many steps it may take.
        """
        self._state = CodeState.begin(
            episode_id,
            seed=randbelow(2**32) if seed is None else seed,
            max_steps=max_steps,
            limits=asdict(self._sandbox.limits),
            isolation=asdict(self._sandbox.isolation),
        )
        self._sandbox.restart()
        self._sow()
        return CodeObservation(steps_left=self._steps_left())

    def step(self, action: CodeAction) -> CodeObservation:
        """Run the code."""
        if self._steps_left() == 0:
            raise InvalidActionError("the episode is over", {"max_steps": self._state.max_steps})
        execution = self._sandbox.run(action.code)
        if execution.ended is not None:
            self._sow()
        self._state.step_count += 1
        self._state.last_exit_code = execution.exit_code
        return self._apply_transform(self._observe(execution))

    @property
    def state(self) -> CodeState:
        """The episode, and what keeps its code from everything else."""
        return self._state

    def close(self) -> None:
        """End the process and all that it started, and remove its files."""
        self._sandbox.close()

    def _steps_left(self) -> int:
        return self._state.max_steps - self._state.step_count

    def _sow(self) -> None:
        """Seed a process that is new."""
        self._sandbox.run(f"__import__('random').seed({self._state.seed})", name="<seed>")

    def _observe(self, execution: Execution) -> CodeObservation:
        return CodeObservation(
            stdout=execution.stdout,
            stderr=execution.stderr,
            exit_code=execution.exit_code,
            value=execution.value,
            error=execution.error,
            timed_out=execution.timed_out,
            ended=execution.ended,
            output_cut=execution.truncated,
            steps_left=self._steps_left(),
            reward=0.0,
            truncated=self._steps_left() == 0,
        )
