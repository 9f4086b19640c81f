"""Tasks in a folder, in splits, and the choice among them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from openenv.errors import ConfigurationError, RequestValidationError

from python_env.server.task import Task, TaskError, read_task

OWN_TASKS = Path(__file__).parents[1] / "tasks"
VARIABLE = "PYTHON_ENV_TASKS"
"""Names another folder of tasks than the environment's own."""


@dataclass(frozen=True)
class TaskSet:
    """Tasks to choose from.

    Attributes:
        folder: Where their files are.
        tasks: All of them, by name.
    """

    folder: Path
    tasks: Sequence[Task]

    def choose(
        self, seed: int, *, task_id: str | None = None, split: str | None = None, difficulty: str | None = None
    ) -> Task:
        """Choose a task. Seeds one after another walk through the tasks in order, so none is left out.

        Args:
            seed: Which of those that are left.
            task_id: Only the task of this name.
            split: Only tasks of this split.
            difficulty: Only tasks of this difficulty.

        Returns:
            The task.

        Raises:
            RequestValidationError: There is none like that.
        """
        wanted = [("task_id", "id", task_id), ("split", "split", split), ("difficulty", "difficulty", difficulty)]
        left = list(self.tasks)
        for option, field, value in wanted:
            fitting = [task for task in left if value in (None, getattr(task, field))]
            if not fitting:
                raise _no_such_task(option, str(value), sorted({getattr(task, field) for task in left}))
            left = fitting
        return left[seed % len(left)]


def _no_such_task(option: str, value: str, known: list[str]) -> RequestValidationError:
    near = get_close_matches(value, known, n=3) or known[:10]
    return RequestValidationError(f"no task has {option} {value!r}; there is {', '.join(near)}", {option: known})


@lru_cache(maxsize=4)
def read_tasks(folder: Path) -> TaskSet:
    """Read all tasks of a folder, once.

    Args:
        folder: Has a folder for each split, with a YAML file for each task.

    Returns:
        The tasks.

    Raises:
        ConfigurationError: There is none.
        TaskError: A file cannot be used.
    """
    paths = sorted(folder.glob("*/*.yaml"), key=lambda path: path.stem)
    if not paths:
        raise ConfigurationError(
            f"{folder} has no tasks", hint="put one file for each task into a folder for each split: train/my-task.yaml"
        )
    for path, other in pairwise(paths):
        if path.stem == other.stem:
            raise TaskError(other, 1, "", f"another task has that name: {path}")
    return TaskSet(folder, [read_task(path) for path in paths])


def installed_tasks() -> TaskSet:
    """Read the tasks of the folder that the operator has named, or else the environment's own."""
    return read_tasks(Path(os.environ.get(VARIABLE) or OWN_TASKS))
