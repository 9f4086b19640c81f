"""Each task can be solved, but not by nothing, and needs mending where it says so.

With ``PYTHON_ENV_TASKS=my_tasks`` the tasks of that folder are looked at.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from python_env.server.grading import Grader
from python_env.server.suite import Raises
from python_env.server.task import Task
from python_env.server.task_set import OWN_TASKS, installed_tasks, read_tasks

TASKS = installed_tasks().tasks
MENDING = [task for task in TASKS if task.kind == "mend"]

each = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
each_to_mend = pytest.mark.parametrize("task", MENDING, ids=lambda task: task.id)


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    grader = Grader(OWN_TASKS)
    yield grader
    grader.close()


def test_the_environments_own_are_many_and_of_each_kind() -> None:
    tasks = read_tasks(OWN_TASKS).tasks
    splits = Counter((task.split, task.difficulty) for task in tasks)

    assert len(tasks) >= 40
    assert len(splits) == 2 * 4
    assert min(splits.values()) >= 3
    assert sum(task.kind == "mend" for task in tasks) >= 10
    assert min(len(task.hidden_cases) for task in tasks) >= 5
    assert max(len(line) for task in tasks for line in task.prompt.splitlines()) <= 118


@each
def test_the_solution_passes_every_test(grader: Grader, task: Task) -> None:
    cases = (*task.visible_cases, *task.hidden_cases)

    reports = grader.grade(task.solution, task.entry, cases).reports

    assert [report for report in reports if report.outcome != "passed"] == []


@each
def test_nothing_passes_no_test(grader: Grader, task: Task) -> None:
    grades = grader.grade("", task.entry, (*task.visible_cases, *task.hidden_cases))

    assert grades.passed == 0
    assert grades.problem == f"it does not define {task.entry}"


@each
def test_returning_nothing_passes_few_tests(grader: Grader, task: Task) -> None:
    hollow = f"def {task.entry}(*arguments, **options): pass"

    assert grader.grade(hollow, task.entry, task.hidden_cases).passed <= len(task.hidden_cases) / 3


@each
def test_raising_errors_passes_no_hidden_test(grader: Grader, task: Task) -> None:
    expected = {each.error for case in task.hidden_cases for each in case.expectations if isinstance(each, Raises)}

    for error in sorted(expected | {"ValueError"}):
        angry = f"def {task.entry}(*arguments, **options): raise {error}"

        assert grader.grade(angry, task.entry, task.hidden_cases).passed == 0


@each_to_mend
def test_the_starter_fails_a_visible_and_a_hidden_test(
    grader: Grader, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_env.server.grading.TEST_TIME_S", 1.0)  # some are slow, which is their fault

    assert grader.grade(task.starter, task.entry, task.visible_cases).passed < len(task.visible_cases)
    assert grader.grade(task.starter, task.entry, task.hidden_cases).passed < len(task.hidden_cases)
