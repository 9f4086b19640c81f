"""Who plays for comparison: the best and the worst that can be done."""

from typing import Any

from python_env.models import PythonAction, PythonObservation
from python_env.server.task_set import installed_tasks


class KnownGoodPolicy:
    """Hands in each task's own solution, and so earns 1; finds it among the tasks of this machine, not the server's."""

    def act(self, observation: Any) -> PythonAction:
        """Hand in the solution."""
        task_id = PythonObservation.model_validate(observation).task_id
        return PythonAction(kind="submit", code=installed_tasks().choose(0, task_id=task_id).solution)


class EmptyPolicy:
    """Hands in nothing, and so earns 0."""

    def act(self, observation: Any) -> PythonAction:
        """Hand in nothing."""
        return PythonAction(kind="submit", code="")
