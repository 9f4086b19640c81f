"""One task, as it stands in a file: what is asked for, how it is tested, and a solution."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from openenv.errors import ConfigurationError
from openenv.project.yaml_document import YamlDocument, YamlError, read_yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from python_env.models import Difficulty, Kind
from python_env.server.suite import Case, Returns, SuiteError, read_suite

_ENTRY = re.compile(r"(?:async )?(?:def|class) (\w+)")


class TaskError(ConfigurationError):
    """A task's file cannot be used.

    Args:
        path: The file.
        line: Where in it, counted from 1.
        field: The field that is wrong; empty where it is the file as a whole.
        message: What is wrong.
    """

    def __init__(self, path: Path, line: int, field: str, message: str) -> None:
        super().__init__(f"{path}:{line}: {f'{field}: ' if field else ''}{message}")
        self.path = path
        self.line = line
        self.field = field


class Task(BaseModel):
    """A function or class to write or to mend.

    Attributes:
        id: Its name, which is that of its file.
        split: The split it belongs to, which is the name of its file's folder.
        difficulty: How hard it is meant to be.
        topics: What it is about.
        prompt: What is asked for.
        signature: What a solution defines, as the first line of it.
        starter: The code to mend; empty where a solution is written from nothing.
        solution: A solution that passes all tests.
        visible: Tests that the agent may read and run.
        hidden: Tests that decide on the reward.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    split: str
    difficulty: Difficulty
    topics: list[str] = Field(min_length=1)
    prompt: str = Field(min_length=1)
    signature: str = Field(pattern=_ENTRY.pattern)
    starter: str = ""
    solution: str = Field(min_length=1)
    visible: str
    hidden: str

    @property
    def kind(self) -> Kind:
        """Whether it is written from nothing, or mended."""
        return "mend" if self.starter else "write"

    @property
    def entry(self) -> str:
        """The name that a solution has to define."""
        found = _ENTRY.match(self.signature)
        assert found, "the field's pattern has let it pass"
        return found[1]

    @cached_property
    def visible_cases(self) -> tuple[Case, ...]:
        """The visible tests, taken apart."""
        return read_suite(self.visible)

    @cached_property
    def hidden_cases(self) -> tuple[Case, ...]:
        """The hidden tests, taken apart."""
        return read_suite(self.hidden)


_OWN = {"id", "split"}
"""What the path of the file says, rather than the file."""


def read_task(path: Path) -> Task:
    """Read a task's file.

    Args:
        path: A YAML file with the fields of :class:`Task` but ``id`` and ``split``; those are its own name and that
            of its folder.

    Returns:
        The task.

    Raises:
        TaskError: Something in it is missing, unknown or wrong.
    """
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except YamlError as error:
        raise TaskError(path, error.problems[0].line, "", error.problems[0].message) from None
    if not isinstance(document.value, dict):
        raise TaskError(path, 1, "", "this is not a mapping of fields to values")
    fields = {str(name): value for name, value in document.value.items()}
    for name in sorted(_OWN & fields.keys()):
        raise TaskError(path, document.place((name,), key=True).line, name, "the file's path says it; leave it out")
    try:
        task = Task.model_validate({**fields, "id": path.stem, "split": path.parent.name})
    except ValidationError as error:
        raise _misfit(path, document, dict(error.errors(include_url=False)[0])) from None
    _check_code(path, document, task)
    return task


def _misfit(path: Path, document: YamlDocument, error: dict[str, Any]) -> TaskError:
    field = str(error["loc"][0])
    messages = {
        "missing": "this field is missing",
        "extra_forbidden": f"there is no such field; fields are {', '.join(sorted(Task.model_fields.keys() - _OWN))}",
        "literal_error": f"it is one of {', '.join(get_args(Difficulty))}, not {error['input']!r}",
        "string_pattern_mismatch": f"{error['input']!r} does not look like {error['ctx']['pattern']}"
        if error["type"] == "string_pattern_mismatch"
        else "",
    }
    place = document.place((field,), key=True)
    return TaskError(path, place.line, field, messages.get(error["type"], error["msg"]))


def _check_code(path: Path, document: YamlDocument, task: Task) -> None:
    """See that the code in it is Python, and the tests are tests."""
    names = set[str]()
    for field, source in (("visible", task.visible), ("hidden", task.hidden)):
        first = document.place((field,)).line
        try:
            cases = read_suite(source)
        except SuiteError as error:
            raise TaskError(path, first + error.line, field, error.message) from None
        if not cases:
            raise TaskError(path, first, field, "there is no test here")
        twice = sorted(names & {case.name for case in cases})
        if twice:
            raise TaskError(path, first, field, f"test_{twice[0]} is among the visible tests too")
        names |= {case.name for case in cases}
    for case in task.hidden_cases:
        if not any(isinstance(expectation, Returns) for expectation in case.expectations):
            first = document.place(("hidden",)).line
            problem = "code that does nothing but raise errors passes it; let it expect a value as well"
            raise TaskError(path, first, "hidden", f"test_{case.name}: {problem}")
    for field, source in (("starter", task.starter), ("solution", task.solution)):
        first = document.place((field,)).line
        if source and task.entry not in _defined(path, first, field, source):
            raise TaskError(path, first, field, f"it does not define {task.entry}, as the signature says")


def _defined(path: Path, first: int, field: str, source: str) -> set[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise TaskError(path, first + (error.lineno or 1), field, f"not Python: {error.msg}") from None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {statement.name for statement in body if isinstance(statement, kinds)}
