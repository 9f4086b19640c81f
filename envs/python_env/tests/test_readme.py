"""The example in the README is played on a real server."""

import contextlib
import io
import re
from pathlib import Path

from openenv.providers import ProcessProvider

from python_env.server.task import read_task

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_example_plays() -> None:
    provider = ProcessProvider.for_project(PROJECT)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(block("python").replace("http://localhost:8000", provider.start()), {})
    finally:
        provider.stop()

    lines = printed.getvalue().splitlines()
    assert lines[0].startswith("Give the initials of a name")
    assert lines[-3:-1] == [
        "two_words passed ",
        "spaces_around error IndexError in line 3: string index out of range",
    ]
    assert lines[-1] == "6 of 6 1.0"


def test_the_example_of_a_task_is_one(tmp_path: Path) -> None:
    path = tmp_path / "train" / "increased.yaml"
    path.parent.mkdir()
    path.write_text(block("yaml"), encoding="utf-8")

    assert [case.name for case in read_task(path).hidden_cases] == ["zero", "none"]
