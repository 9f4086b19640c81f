"""The environment: tasks, and what code for them is worth."""

from dataclasses import asdict
from pathlib import Path
from secrets import randbelow

from openenv import Environment, InvalidActionError

from python_env.models import PythonAction, PythonObservation, PythonState
from python_env.server.grading import Grader, Grades
from python_env.server.task_set import installed_tasks, read_tasks

MAX_STEPS = 10


class PythonEnvironment(Environment[PythonAction, PythonObservation, PythonState]):
    """Write or mend a Python function. Visible tests may be run; the share of hidden tests that pass is the reward.

    Args:
        tasks: A folder of tasks; left out, the one that ``PYTHON_ENV_TASKS`` names, or the environment's own.
    """

    # Each session gets an instance of its own, and instances share nothing that changes.
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, tasks: Path | None = None) -> None:
        super().__init__()
        self._tasks = installed_tasks() if tasks is None else read_tasks(tasks)
        self._grader = Grader(self._tasks.folder)
        self.reset()

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        *,
        task_id: str | None = None,
        split: str | None = None,
        difficulty: str | None = None,
        max_steps: int = MAX_STEPS,
    ) -> PythonObservation:
        """Choose a task among those that fit. Seeds one after another give tasks one after another."""
        seed = randbelow(2**32) if seed is None else seed
        task = self._tasks.choose(seed, task_id=task_id, split=split, difficulty=difficulty)
        self._state = PythonState.begin(
            episode_id,
            seed=seed,
            task_id=task.id,
            split=task.split,
            difficulty=task.difficulty,
            max_steps=max_steps,
        )
        self._task = task
        return self._observation()

    def step(self, action: PythonAction) -> PythonObservation:
        """Run the visible tests; where the code is handed in, the hidden ones as well."""
        task, state = self._task, self._state
        if state.submitted or state.step_count == state.max_steps:
            raise InvalidActionError("the episode is over", {"submitted": state.submitted})
        visible, passed = self._grader.grade(action.code, task.entry, task.visible_cases), None
        if action.kind == "submit":
            # Nothing of the hidden tests but the number that passed goes any further.
            passed = self._grader.grade(action.code, task.entry, task.hidden_cases).passed
        state.step_count += 1
        state.submitted = action.kind == "submit"
        state.isolation = asdict(visible.isolation)
        return self._observation(visible, passed)

    @property
    def state(self) -> PythonState:
        """Which task this is, and how far the episode is."""
        return self._state

    def close(self) -> None:
        """End the sandbox."""
        self._grader.close()

    def _observation(self, visible: Grades | None = None, passed: int | None = None) -> PythonObservation:
        task, state = self._task, self._state
        total = len(task.hidden_cases)
        observation = PythonObservation(
            task_id=task.id,
            kind=task.kind,
            difficulty=task.difficulty,
            prompt=task.prompt,
            signature=task.signature,
            starter=task.starter,
            visible_tests=task.visible,
            hidden_total=total,
            steps_left=0 if state.submitted else state.max_steps - state.step_count,
        )
        if visible is not None:
            observation.problem = visible.problem
            observation.reports = list(visible.reports)
            observation.stdout = visible.stdout
            observation.reward = 0.0
        if passed is not None:
            observation.hidden_passed = passed
            observation.reward = passed / total
            observation.metadata = {"success": passed == total}
        observation.terminated = state.submitted
        observation.truncated = observation.steps_left == 0 and not state.submitted
        return observation
