"""The hidden tests of envs/python_env stay hidden on poorer machines, also from code that gets past its guard."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.machines import HAS_LANDLOCK, played

ENVIRONMENT = Path(__file__).parents[2] / "envs" / "python_env"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several kinds")


def on(kind, program):
    return played(kind, program, PYTHONPATH=str(ENVIRONMENT))


SOLUTIONS = """
from python_env import PythonAction
from python_env.server.environment import PythonEnvironment
from python_env.server.task_set import installed_tasks
environment = PythonEnvironment()
rewards = set()
for task in installed_tasks().tasks:
    environment.reset(seed=1, task_id=task.id)
    rewards.add(environment.step(PythonAction(kind="submit", code=task.solution)).reward)
environment.close()
print(json.dumps([environment.state.isolation["hidden"], list(rewards)]))
"""


@pytest.mark.parametrize("kind", ["plain", "plain-user"])
def test_solutions_earn_all_there_is(kind):
    assert on(kind, SOLUTIONS) == [HAS_LANDLOCK, [1.0]]


SEARCH = """
from importlib.resources import files
from python_env import PythonAction, server
from python_env.server import grading
from python_env.server.environment import PythonEnvironment
from python_env.server.task_set import OWN_TASKS

unguarded = files(server).joinpath("harness.py").read_text()
grading._preamble = lambda: unguarded
code = f'''
import gc, importlib.resources, os, sys
sys.path.insert(0, {os.environ["PYTHONPATH"]!r})  # as where it is installed
task = {str(OWN_TASKS / "test" / "digital-root.yaml")!r}
ways = [
    lambda: open(task).read(),
    lambda: open("/proc/self/root" + task).read(),
    lambda: os.symlink(task, "link") or open("link").read(),
    lambda: importlib.resources.files("python_env").joinpath("tasks/test/digital-root.yaml").read_text(),
    lambda: __import__("python_env.server.task_set").server.task_set.installed_tasks(),
    lambda: [each for each in gc.get_objects() if type(each).__name__ in ("Task", "Case", "TaskSet")],
    lambda: [frame.f_locals for frame in sys._current_frames().values()],
]
found = []
for way in ways:
    try:
        found.append("def test_" in repr(way()))
    except Exception as error:
        found.append(type(error).__name__)
def digital_root(number):
    return found
'''
environment = PythonEnvironment()
environment.reset(seed=1, task_id="digital-root")
report = environment.step(PythonAction(kind="test", code=code)).reports[0]
environment.close()
print(json.dumps([environment.state.isolation["hidden"], report.message]))
"""


@pytest.mark.skipif(not HAS_LANDLOCK, reason="the kernel has no Landlock")
@pytest.mark.parametrize("kind", ["plain", "plain-user"])
def test_code_without_the_guard_sees_no_hidden_test(kind):
    hidden, message = on(kind, SEARCH)

    assert hidden
    assert message.startswith(f"digital_root(987) gave {['PermissionError'] * 5 + [False] * 2},")
