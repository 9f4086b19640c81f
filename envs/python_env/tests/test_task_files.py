"""A task is a file; whoever writes one is told what is wrong with it, and where."""

from pathlib import Path
from textwrap import dedent

import pytest
from openenv.errors import RequestValidationError
from openenv.errors import ConfigurationError

from python_env.server.task import TaskError, read_task
from python_env.server.task_set import VARIABLE, installed_tasks, read_tasks

TASK = dedent(
    """\
    difficulty: easy
    topics: [numbers]
    prompt: Return the number plus one.
    signature: "def increased(number: int) -> int:"
    solution: |
      def increased(number):
          return number + 1
    visible: |
      def test_one():
          assert increased(1) == 2
    hidden: |
      def test_zero():
          assert increased(0) == 1
    """
)


def written(folder: Path, text: str = TASK, name: str = "train/increased.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_a_task(tmp_path: Path) -> None:
    task = read_task(written(tmp_path))

    assert (task.id, task.split, task.kind, task.entry) == ("increased", "train", "write", "increased")
    assert [case.name for case in task.hidden_cases] == ["zero"]


def test_with_a_starter_it_is_to_be_mended(tmp_path: Path) -> None:
    task = read_task(written(tmp_path, TASK + "starter: |\n  def increased(number): return number\n"))

    assert task.kind == "mend"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("difficulty: easy", "difficulty: simple", 1, "difficulty", "one of easy, medium, hard, expert, not 'simple'"),
        ("difficulty: easy\n", "", 1, "difficulty", "missing"),
        ("topics: [numbers]", "topics: [numbers]\ntopic: x", 3, "topic", "no such field"),
        ("topics: [numbers]", "topics: [numbers]\nid: x", 3, "id", "leave it out"),
        ("def increased(number: int)", "increased(number: int)", 4, "signature", "does not look like"),
        ("return number + 1", "return number +", 7, "solution", "not Python"),
        ("def increased(number):", "def raised(number):", 5, "solution", "does not define increased"),
        ("assert increased(1) == 2", "assert increased(1)", 10, "visible", "not of the form"),
        ("test_zero", "test_one", 11, "hidden", "among the visible tests too"),
        (
            "assert increased(0) == 1",
            "with raises(TypeError): increased(None)",
            11,
            "hidden",
            "test_zero: .* a value as",
        ),
        ("topics: [numbers]", "topics: [numbers", 3, "", "not YAML"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path: Path, old: str, new: str, line: int, field: str, message: str) -> None:
    assert old in TASK
    path = written(tmp_path, TASK.replace(old, new))

    with pytest.raises(TaskError, match=message) as caught:
        read_task(path)

    assert (caught.value.line, caught.value.field) == (line, field)
    assert str(path) in caught.value.message


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no tasks"):
        read_tasks(tmp_path)


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, name="test/increased.yaml")

    with pytest.raises(TaskError, match="another task has that name"):
        read_tasks(tmp_path)


def test_the_operator_may_name_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    assert [task.id for task in installed_tasks().tasks] == ["increased"]


def test_seeds_one_after_another_leave_no_task_out() -> None:
    tasks = installed_tasks()
    hard = [task for task in tasks.tasks if task.split == "train" and task.difficulty == "hard"]

    chosen = [tasks.choose(seed, split="train", difficulty="hard") for seed in range(7, 7 + len(hard))]

    assert sorted(task.id for task in chosen) == [task.id for task in hard]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"task_id": "initial"}, "no task has task_id 'initial'; there is initials"),
        ({"split": "dev"}, "no task has split 'dev'; there is test, train"),
        ({"difficulty": "trivial"}, "no task has difficulty 'trivial'"),
        ({"task_id": "initials", "split": "test"}, "no task has split 'test'; there is train"),
    ],
)
def test_a_choice_that_leaves_nothing_says_what_there_is(wanted: dict[str, str], message: str) -> None:
    with pytest.raises(RequestValidationError, match=message):
        installed_tasks().choose(0, **wanted)
