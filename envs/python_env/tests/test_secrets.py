"""What hidden tests hold stays hidden, whatever the code tries."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

import pytest
from openenv import InvalidActionError

from python_env import PythonAction, server
from python_env.server.environment import PythonEnvironment
from python_env.server.task_set import OWN_TASKS, read_tasks

TASK = """\
difficulty: easy
topics: [strings]
prompt: Answer what is asked.
signature: "def answered(question: str) -> str:"
solution: |
  def answered(question):
      return {"plain": "seen", "zebra question": "zebra " + "answer"}[question]
visible: |
  def test_plain():
      assert answered("plain") == "seen"
hidden: |
  def test_zebra_name():
      assert answered("zebra question") == "zebra answer"
"""

NOSY = {
    "tells what it is asked": "def answered(question): print(question); return question",
    "raises what it is asked": "def answered(question): raise ValueError(question)",
    "exits with what it is asked": "import sys\ndef answered(question): sys.exit(question)",
    "writes what it is asked": "import sys\ndef answered(question): sys.stderr.write(question)",
    "remembers what it is asked": "import sys\nprint(vars(sys).get('q'))\ndef answered(question): sys.q = question",
}

SEARCH = """
import sys

def wanted():
    return "".join(["zebra ", "answer"])

def answered(question):
    frame = sys._getframe()
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            if any(wanted() in repr(value) for value in list(names.values())):
                return wanted()
        if any(wanted() in repr(constant) for constant in frame.f_code.co_consts):
            return wanted()
        frame = frame.f_back
    return str(sys.argv)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train" / "answered.yaml"
    path.parent.mkdir()
    path.write_text(TASK, encoding="utf-8")
    return path


@pytest.fixture
def environment(file: Path) -> Iterator[PythonEnvironment]:
    environment = PythonEnvironment(file.parents[1])
    environment.reset(seed=1)
    yield environment
    environment.close()


@pytest.mark.parametrize("code", NOSY.values(), ids=NOSY.keys())
def test_nothing_of_hidden_tests_is_said(environment: PythonEnvironment, code: str) -> None:
    said = [environment.reset(seed=1).model_dump_json()]
    for kind in ("test", "submit"):
        said += [environment.step(PythonAction(kind=kind, code=code)).model_dump_json()]
        said += [environment.state.model_dump_json()]
    with pytest.raises(InvalidActionError) as caught:
        environment.step(PythonAction(kind="test", code=code))
    said += [str(caught.value), json.dumps(caught.value.data)]
    said += [environment.reset(seed=1).model_dump_json()]
    said += [environment.step(PythonAction(kind="test", code=code)).model_dump_json()]

    assert [text for text in said if "zebra" in text] == []


def test_what_is_expected_is_nowhere_in_the_process(environment: PythonEnvironment) -> None:

    assert environment.step(PythonAction(kind="submit", code=SEARCH)).hidden_passed == 0


def reading(way: str, path: Path) -> str:
    return dedent(
        f"""
        def answered(question):
            path = {str(path)!r}
            {way}
        """
    )


@pytest.mark.parametrize(
    "way",
    [
        "return open(path).read()",
        "return open(path.encode()).read()",
        "import pathlib; return pathlib.Path(path).read_text()",
        "import os; return os.read(os.open(path, os.O_RDONLY), 9999)",
        "import io; return io.FileIO(path).read()",
        "import os; os.chdir('/'); return open(path[1:]).read()",
        "import os; return open(os.path.dirname(os.__file__) + '/..' * 20 + path).read()",
        "import os; os.symlink(path, '/tmp/link-to-it'); return open('/tmp/link-to-it').read()",
        "import subprocess; return subprocess.run(['cat', path], capture_output=True).stdout",
        "import os; return os.popen('cat ' + path).read()",
        "import os; os.execvp('cat', ['cat', path])",
        "import ctypes; return ctypes.CDLL(None)",
        "import os; return os.fork()",
        "import gc; return gc.get_objects()",
        "import builtins; builtins.type = lambda x: int; return open(path).read()",
        "return open(f'/proc/{__import__(\"os\").getppid()}/environ').read()",
        "import socket; return socket.create_connection(('127.0.0.1', 8000))",
        "import os; return os.listdir(os.path.dirname(path))",
        "import os; return list(os.scandir(os.path.dirname(path)))",
        "import os; os.chdir('/'); return os.listdir()",
        "import os; return os.listdir(os.path.dirname(os.__file__) + '/..')",
        "import readline; readline.read_history_file(path); return readline.get_history_item(1)",
        "import _xxsubinterpreters as i; i.run_string(i.create(), f'print(open({path!r}).read())')",
        "import _interpreters as i; i.run_string(i.create(), f'print(open({path!r}).read())')",
        "import _tkinter; return _tkinter.create().eval(f'read [open {path}]')",
        "import _testcapi; return _testcapi.pymarshal_read_object_from_file(path)",
        "import _testinternalcapi",
        "import _curses",
        "import _gdbm",
        "import _dbm",
        "import _remote_debugging",
    ],
)
def test_files_processes_and_sockets_are_out_of_reach(environment: PythonEnvironment, file: Path, way: str) -> None:
    code = reading(way, file)

    observation = environment.step(PythonAction(kind="test", code=code))

    (report,) = observation.reports
    assert report.outcome == "error"
    assert report.message.endswith("is not allowed here"), report.message


def test_packages_beyond_the_standard_library_cannot_be_imported(environment: PythonEnvironment) -> None:
    (report,) = environment.step(PythonAction(kind="test", code="import yaml\ndef answered(q): return 'seen'")).reports

    assert report.outcome == "error"
    assert "yaml" in report.message


def test_the_tasks_are_hidden_from_code_that_breaks_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_env.server.grading._preamble", files(server).joinpath("harness.py").read_text)
    code = f"def digital_root(number): return open({str(OWN_TASKS / 'test' / 'digital-root.yaml')!r}).read()"
    environment = PythonEnvironment(OWN_TASKS)
    try:
        environment.reset(seed=1, task_id="digital-root")
        (report,) = environment.step(PythonAction(kind="test", code=code)).reports
    finally:
        environment.close()

    assert environment.state.isolation["hidden"] == ("PermissionError" in report.message)
    assert environment.state.isolation["hidden"] or "gave 'difficulty" in report.message


def test_an_error_of_the_guard_is_no_way_past_it(environment: PythonEnvironment, file: Path) -> None:
    code = dedent(
        f"""
        def answered(question):
            try:
                open({str(file)!r})
            except PermissionError as error:
                names = error.__traceback__.tb_next.tb_frame.f_locals
                names.update({{"library": ("/",), "events": ()}})
            return open({str(file)!r}).read()
        """
    )

    (report,) = environment.step(PythonAction(kind="test", code=code)).reports

    assert report.message.endswith("is not allowed here")


def test_the_standard_library_can_be_imported(environment: PythonEnvironment) -> None:
    code = "import decimal, heapq, sched, string, dataclasses\ndef answered(question): return 'seen'"

    (report,) = environment.step(PythonAction(kind="test", code=code)).reports

    assert report.outcome == "passed", report.message


def test_no_script_of_the_own_tasks_holds_what_is_expected() -> None:
    for task in read_tasks(OWN_TASKS).tasks:
        for case in (*task.visible_cases, *task.hidden_cases):
            assert "assert " not in case.script
            assert case.script.count("observe(") + case.script.count("raising()") == len(case.expectations)
