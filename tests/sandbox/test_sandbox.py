"""Code runs as at Python's prompt: names stay, a last expression is a value, an exception is told."""

from __future__ import annotations

import select
import threading
from textwrap import dedent

import pytest

from openenv.sandbox import Execution, Limits, Sandbox, SandboxError


def run(sandbox, code, **options) -> Execution:
    return sandbox.run(dedent(code).strip(), **options)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("6 * 7", "42"),
        ("x = 6\nx * 7", "42"),
        ("x = 6", None),
        ("None", None),
        ("", None),
        ("# nothing", None),
        ("'é\\ud800'", "'é\\ud800'"),
        ("for x in range(3):\n    x", None),
    ],
)
def test_a_last_expression_is_the_value(sandbox, code, value):
    execution = run(sandbox, code)

    assert (execution.value, execution.exit_code, execution.stderr) == (value, 0, "")


def test_names_modules_and_classes_stay(sandbox):
    run(sandbox, "import pickle\nclass Point: pass\npoint = Point()")

    assert run(sandbox, "type(pickle.loads(pickle.dumps(point))) is Point").value == "True"


def test_what_is_printed_is_kept_apart_and_in_order(sandbox):
    code = """
        import os, subprocess, sys
        print("one")
        print("problem", file=sys.stderr)
        os.write(1, b"two\\n")
        subprocess.run(["echo", "three"])
        print("four")
    """
    execution = run(sandbox, code)

    assert execution.stderr == "problem\n"
    assert sorted(execution.stdout.split()) == ["four", "one", "three", "two"]


def test_a_traceback_shows_the_lines_of_every_step(sandbox):
    run(sandbox, "def divide(x):\n    return 1 / x  # careful")
    execution = run(sandbox, "y = 0\ndivide(y)")

    assert execution.exit_code == 1
    assert execution.error == "ZeroDivisionError: division by zero"
    assert execution.ended is None
    assert 'File "<step 2>", line 2, in <module>\n    divide(y)' in execution.stderr
    assert 'File "<step 1>", line 2, in divide\n    return 1 / x  # careful' in execution.stderr
    assert "worker.py" not in execution.stderr


def test_a_step_keeps_its_number_after_a_process_has_ended(sandbox):
    run(sandbox, "import os; os._exit(0)")

    assert 'File "<step 2>", line 1' in run(sandbox, "1 / 0").stderr
    assert 'File "mine", line 1' in run(sandbox, "1 / 0", name="mine").stderr
    assert 'File "<step 3>", line 1' in run(sandbox, "1 / 0").stderr


def test_the_same_code_gives_the_same_order_of_a_set(sandbox):
    code = "{str(number) for number in range(100)}"
    first = run(sandbox, code).value
    with Sandbox() as other:
        assert other.run(code).value == first


def test_code_that_is_no_python_is_told_so(sandbox):
    execution = run(sandbox, "x = (1,\ny z")

    assert execution.exit_code == 1
    assert execution.error is not None
    assert execution.error.splitlines()[-1].startswith("SyntaxError")
    assert "worker.py" not in execution.stderr


@pytest.mark.parametrize("code", ["x = '\ud800'", "x = 1\0"])
def test_text_that_python_refuses_is_the_codes_own_error(sandbox, code):
    execution = sandbox.run(code)

    assert execution.exit_code == 1
    assert execution.error
    assert execution.ended is None


@pytest.mark.parametrize(
    ("code", "exit_code", "stderr"),
    [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('because')", 1, "because\n"),
        ("import sys; sys.exit(10**30)", 1, ""),
        ("raise SystemExit", 0, ""),
    ],
)
def test_leaving_gives_an_exit_code_and_ends_nothing(sandbox, code, exit_code, stderr):
    run(sandbox, "x = 1")
    execution = run(sandbox, code)

    assert (execution.exit_code, execution.stderr, execution.ended) == (exit_code, stderr, None)
    assert run(sandbox, "x").value == "1"


def test_nobody_answers_a_question(sandbox):
    assert run(sandbox, "input()").error == "EOFError: EOF when reading a line"


def test_a_fork_answers_nothing(sandbox):
    execution = run(sandbox, "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\npid > 0")

    assert execution.value == "True"
    assert run(sandbox, "'next'").value == "'next'"


def test_threads_live_on_between_runs(sandbox):
    run(sandbox, "import threading\ngo, gone = threading.Event(), threading.Event()")
    run(sandbox, "threading.Thread(target=lambda: (go.wait(), gone.set())).start()")

    assert run(sandbox, "go.set(); gone.wait(10)").value == "True"


def test_an_exception_that_cannot_be_shown_is_still_told(sandbox):
    code = """
        class Odd(Exception):
            def __str__(self):
                raise ValueError
        raise Odd
    """
    execution = run(sandbox, code)

    assert execution.error is not None
    assert "Odd" in execution.error


def test_a_value_that_cannot_be_shown_is_an_error(sandbox):
    execution = run(sandbox, "class Odd:\n    def __repr__(self): raise ValueError('no')\nOdd()")

    assert (execution.value, execution.error) == (None, "ValueError: no")


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import os; os.close(1); os.close(2)",
        "import io, sys; sys.stdout = io.StringIO(); sys.stderr = None",
    ],
)
def test_output_comes_again_whatever_was_done_to_it(sandbox, code):
    first = run(sandbox, code)

    assert first.ended is None
    assert run(sandbox, "print('here')").stdout == "here\n"
    assert "ZeroDivisionError" in run(sandbox, "1 / 0").stderr


def test_the_own_files_can_be_imported(sandbox):
    run(sandbox, "open('helper.py', 'w').write('answer = 42')")

    assert run(sandbox, "import helper; helper.answer").value == "42"


def test_files_outlive_the_process_but_not_a_restart(sandbox):
    run(sandbox, "open('note', 'w').write('kept'); x = 1")
    ended = run(sandbox, "import os; os._exit(5)")

    assert (ended.exit_code, ended.ended) == (5, "exited with 5")
    assert run(sandbox, "open('note').read()").value == "'kept'"
    assert run(sandbox, "x").error == "NameError: name 'x' is not defined"
    sandbox.restart()
    assert run(sandbox, "import os; os.listdir()").value == "[]"


def test_sandboxes_in_many_threads_do_not_mix():
    values = {}

    def play(number):
        with Sandbox() as sandbox:
            sandbox.run(f"x = {number}")
            values[number] = [sandbox.run("x").value for _ in range(20)]

    threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert values == {number: [str(number)] * 20 for number in range(4)}


def test_a_process_that_ends_between_two_runs_is_told_with_the_next(sandbox):
    run(sandbox, "import os, threading; threading.Timer(0.05, os._exit, [4]).start()")
    select.select([sandbox._keeping], [], [])
    execution = run(sandbox, "1")

    assert (execution.value, execution.exit_code, execution.ended) == (None, 4, "exited with 4")


def test_a_sandbox_closes_quietly_whatever_it_has_not_heard(capfd):
    with Sandbox() as sandbox:
        run(sandbox, "import os, threading; threading.Timer(0.05, os._exit, [4]).start()")
        select.select([sandbox._keeping], [], [])

    assert capfd.readouterr().err == ""


def test_a_closed_sandbox_says_so_and_can_be_opened_again():
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()

    with pytest.raises(SandboxError, match="closed"):
        sandbox.run("1")
    sandbox.restart()
    assert sandbox.run("1").value == "1"
    sandbox.close()


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="memory_mb must be more than 0, not 0"):
        Limits(memory_mb=0)
