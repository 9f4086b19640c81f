"""Code that goes too far is stopped, told so, and harms nothing: the next run works."""

from __future__ import annotations

from contextlib import suppress

import pytest

from openenv.sandbox import Limits, Sandbox, SandboxError


def works(sandbox):
    return sandbox.run("print('fine'); 1 + 1").value == "2"


def test_an_endless_loop_is_killed(sandbox):
    execution = sandbox.run("print('on and', flush=True)\nwhile True: pass", time_s=0.2)

    assert execution.timed_out
    assert execution.exit_code == -9
    assert execution.stdout == "on and\n"
    assert execution.ended == "killed: it ran for more than 0.2 s"
    assert works(sandbox)


def test_nothing_stops_the_clock(sandbox):
    code = """
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException:
        pass
"""
    assert sandbox.run(code, time_s=0.2).timed_out
    assert works(sandbox)


def test_endless_output_is_cut_where_it_is_too_much(sandbox):
    execution = sandbox.run("while True: print('x' * 1000)", time_s=0.5)

    assert execution.timed_out
    assert execution.truncated
    assert len(execution.stdout) == sandbox.limits.output_bytes
    assert works(sandbox)


@pytest.mark.parametrize("code", ["'x' * 10**7", "print('x' * 10**7)", "raise ValueError('x' * 10**7)"])
def test_text_that_is_too_long_is_cut(sandbox, code):
    execution = sandbox.run(code)

    assert execution.truncated
    assert execution.ended is None
    longest = max(map(len, (execution.value or "", execution.stdout, execution.stderr, execution.error or "")))
    assert longest <= sandbox.limits.output_bytes
    assert not sandbox.run("1").truncated


def test_text_may_be_as_long_as_the_limit_and_no_longer(sandbox):
    most = sandbox.limits.output_bytes
    exact, more = sandbox.run(f"print('x' * {most - 1})"), sandbox.run(f"print('x' * {most})")

    assert (len(exact.stdout), exact.truncated) == (most, False)
    assert (len(more.stdout), more.truncated) == (most, True)


def test_output_that_is_no_text_is_replaced(sandbox):
    assert sandbox.run("import os; os.write(1, b'a\\xffb'); None").stdout == "a\N{REPLACEMENT CHARACTER}b"


def test_too_much_memory_is_an_error_of_the_code(sandbox):
    execution = sandbox.run("x = 1; y = bytearray(10**10)")

    assert execution.error == "MemoryError"
    assert sandbox.run("x").value == "1"


def test_memory_that_grows_step_by_step_ends_too(sandbox):
    execution = sandbox.run("x = []\nwhile True: x.append(bytearray(10**6))")

    assert execution.error == "MemoryError" or execution.ended is not None
    sandbox.restart()
    assert works(sandbox)


def test_too_many_files_are_refused_or_removed():
    with Sandbox(Limits(file_count=50)) as sandbox:
        code = "for number in range(500): open(f'{number}', 'w').close()\nimport time; time.sleep(20)"
        execution = sandbox.run(code)

        assert execution.error or execution.ended
        assert works(sandbox)


def test_a_folder_of_any_depth_and_mode_is_removed(sandbox):
    code = "import os\nfor _ in range(1000): os.mkdir('d'); os.chdir('d')\nos.chmod('.', 0)"
    assert sandbox.run(code).error is None
    sandbox.restart()

    assert sandbox.run("import os; os.listdir()").value == "[]"


def test_deep_recursion_is_an_error(sandbox):
    execution = sandbox.run("def f(): f()\nf()")

    assert execution.error is not None
    assert execution.error.startswith("RecursionError")


def test_a_process_that_becomes_another_program_is_replaced(sandbox):
    execution = sandbox.run("import os; os.execv('/bin/sleep', ['sleep', '600'])")

    assert execution.ended == "killed: it sent an end without a result"
    assert works(sandbox)


def test_a_crash_is_told_by_its_signal(sandbox):
    execution = sandbox.run("import ctypes; ctypes.string_at(0)")

    assert (execution.exit_code, execution.ended) == (-11, "killed by SIGSEGV")
    assert works(sandbox)


@pytest.mark.parametrize("number", [3, 4, 10, 100])
def test_descriptors_may_be_closed(sandbox, number):
    sandbox.run(f"import os; os.closerange(0, {number})")
    with suppress(SandboxError):
        sandbox.run("1")

    assert works(sandbox)


def test_signals_reach_nobody_else(sandbox):
    code = """
import os, signal
for pid in (os.getppid(), 1, -1):
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError:
            pass
"""
    sandbox.run(code)

    assert works(sandbox)


@pytest.mark.parametrize(
    "message",
    [
        "b'\\xff' * 1000",
        "b'\\0\\0\\0\\0'",
        "struct.pack('!I', 2**32 - 1)",
        "struct.pack('!Ii??II', 14, 0, True, False, 99, 99)",
        "struct.pack('!Ii??II', 14, 0, True, False, 0, 0) + b'more'",
    ],
)
def test_a_worker_that_sends_something_else_is_replaced(sandbox, message):
    execution = sandbox.run(f"import os, struct, time; os.write(3, {message}); time.sleep(60)")

    assert execution.ended is not None
    assert execution.ended.startswith("killed: it sent")
    assert works(sandbox)


def test_a_worker_that_stops_itself_is_replaced(sandbox):
    assert sandbox.run("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", time_s=0.2).timed_out
    assert works(sandbox)


def test_only_harmless_variables_are_handed_on(sandbox, monkeypatch):
    monkeypatch.setenv("API_KEY", "hunter2")
    names = sandbox.run("import os; sorted(os.environ)").value
    theirs = {"HOME", "OMP_NUM_THREADS", "PATH", "PYTHONHASHSEED", "TMPDIR"}

    assert names is not None
    assert theirs <= set(eval(names)) <= theirs | {"LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ"}


def test_nothing_of_the_server_is_open(sandbox):
    assert sandbox.run("import os; sorted(map(int, os.listdir('/proc/self/fd')))[:4]").value == "[0, 1, 2, 3]"


def test_what_the_code_starts_has_no_line_to_the_server(sandbox):
    assert sandbox.run("import os; os.system('test -e /dev/fd/3')").value == "256"


def test_no_namespace_can_be_made(sandbox):
    refused = sandbox.run("import ctypes; ctypes.CDLL(None).unshare(0x10000000)").value

    assert refused == "-1" or sandbox.isolation.processes != "namespace"


def test_privileges_are_gone(sandbox):
    status = sandbox.run("open('/proc/self/status').read()").value

    assert status is not None
    assert "CapEff:\\t0000000000000000" in status
    assert "NoNewPrivs:\\t1" in status
