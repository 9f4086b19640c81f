"""``pytest --openenv`` and ``openenv.testing``: the checks as tests of an environment's own suite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest

from openenv.errors import ConfigurationError
from openenv.testing import Case, CheckFailed, CheckWarning, cases
from openenv_cli.naming import names_for
from openenv_cli.scaffold import plan, template_named, write

pytest_plugins = ["pytester"]

ECHO = Path(__file__).parents[1] / "envs" / "echo_env"


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A project that ``openenv init`` has made, with a port that disagrees and no README."""
    folder = pytester.path / "my-env"
    write(plan(names_for("my-env"), template_named("echo"), folder))
    manifest = folder / "openenv.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("port: 8000", "port: 8001"), encoding="utf-8")
    (folder / "README.md").unlink()
    return folder


def test_each_check_that_is_chosen_is_a_test(pytester: pytest.Pytester, project: Path) -> None:
    marker = pytester.path / "was-imported"
    with (project / "my_env" / "__init__.py").open("a", encoding="utf-8") as package:
        package.write(f"open({str(marker)!r}, 'w').close()\n")
    result = pytester.runpytest_subprocess("--openenv", str(project), "-k", "S01 or S005 or S020", "--ignore=my-env")
    result.assert_outcomes(passed=5, failed=1, skipped=6, warnings=1)
    said = result.stdout.str()
    assert "openenv::S015" in said
    assert "The port is the same everywhere" in said
    assert "error S015  the port is 8000 here, and 8001 in openenv.yaml:8:7" in said
    assert "warning S005  there is no README.md" in said
    assert "Traceback" not in said
    assert not marker.exists()


def test_a_target_that_is_not_there_is_wrong_usage(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--openenv", "/no/such/project")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--openenv: /no/such/project: no such file or folder*"])


def test_a_server_that_does_not_answer_ends_the_run(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--openenv", "http://127.0.0.1:1")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["! *--openenv: no server answers at http://127.0.0.1:1: * (start it, with *) !"])
    assert "Traceback" not in result.stdout.str()


def test_whoever_does_not_ask_pays_nothing(tmp_path: Path) -> None:
    program = "import sys, pytest; pytest.main(['--collect-only', '-qq', '/no/such'])\n"
    program += (
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('openenv', 'pydantic', 'fastapi')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1].split() == ["openenv", "openenv.pytest_plugin", "openenv.version"]


def case_of(found: list[Case], id_: str) -> Case:
    return next(case for case in found if str(case) == id_)


def test_a_class_is_played_in_process_and_its_project_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ECHO)
    from echo_env.server.environment import EchoEnvironment

    found = cases(EchoEnvironment)
    assert {str(case)[0] for case in found} == {"S", "B"}
    case_of(found, "S001").run()
    case_of(found, "B002").run()


def test_a_case_that_fails_says_what_the_command_would(project: Path) -> None:
    found = cases(project, select=["S"], ignore=["S022"])
    with pytest.raises(CheckFailed, match="The port is the same everywhere\nerror S015  the port is 8000 here"):
        case_of(found, "S015").run()
    with pytest.warns(CheckWarning, match="there is no README.md"):
        case_of(found, "S005").run()
    with pytest.raises(SkipTest, match="S005 failed"):
        case_of(found, "S020").run()


def test_warnings_are_failures_where_that_is_wished(project: Path) -> None:
    with pytest.raises(CheckFailed, match=r"there is no README\.md"):
        case_of(cases(project, strict=True, select=["S00"]), "S005").run()


BROKEN = """\
from openenv import Action, Environment, Observation, State


class Broken(Environment[Action, Observation, State]):
    def reset(self):
        return Observation()

    def step(self, action):
        raise KeyError("no such piece")

    @property
    def state(self):
        return State()
"""
TEST = """\
import pytest
from broken import Broken
from openenv.testing import cases


@pytest.mark.parametrize("case", cases(Broken, select=["B002"]), ids=str)
def test_keeps_the_rules(case):
    case.run()
"""


def test_a_class_that_fails_is_told_with_its_line_its_exception_and_a_program(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(broken=BROKEN, test_rules=TEST)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    said = result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "E*  where: broken.py:9",
            "E*  mend:  correct the last line that is shown",
            "E *with GenericEnvClient.in_process(Broken) as env:",
        ]
    )
    assert "KeyError: 'no such piece'\n\nThe above exception was the direct cause" in said
    assert "log" not in said
    assert "--replay" not in said  # there is no project that the command could play


def test_a_project_whose_class_fails_can_be_played_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(broken=BROKEN, test_rules=TEST)
    pytester.makefile(".yaml", openenv="name: broken")
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines([f"E*again: openenv validate {pytester.path} --replay .openenv/B002.json"])
    assert (pytester.path / ".openenv" / "B002.json").exists()


class Stepless:
    def reset(self) -> None: ...


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Stepless(), "expected an environment's class, a path or a URL, not an instance of Stepless"),
        (lambda: Stepless(), "expected an environment's class, a path or a URL, not a factory"),
        (int, "int is no environment: it has no reset and no step"),
        (Stepless, "Stepless is no environment: it has no step"),
    ],
)
def test_what_is_no_class_of_an_environment_is_refused(target: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refusal:
        cases(target)
    assert refusal.value.hint


@pytest.mark.parametrize("name", ["select", "ignore"])
def test_ids_are_a_list(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is a list of ids, not the text 'B0'"):
        cases(ECHO, **{name: "B0"})  # type: ignore[arg-type]
