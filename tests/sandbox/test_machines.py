"""Whatever the machine allows: no run harms the next one, nothing is left behind, and no more is claimed than holds."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from uuid import uuid4

import pytest
from support import machines
from support.machines import KINDS, PRELUDE, command, needs_landlock, played, played_by, running

AWAY = """
import subprocess, sys
sleep = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)", {!r}]
subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.PIPE).stdout.readline()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several kinds")


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_lives_until_the_restart(kind):
    program = """
with Sandbox() as sandbox:
    sandbox.run("x = 3; open('note', 'w').write('kept')")
    before = sandbox.run("x, open('note').read()").value
    sandbox.restart()
    after = [sandbox.run("x").error, sandbox.run("open('note')").error]
print(json.dumps([before, after]))
"""
    before, after = played(kind, program)

    assert before == "(3, 'kept')"
    assert [error.partition(":")[0] for error in after] == ["NameError", "FileNotFoundError"]


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_left_their_group_end_with_the_worker(kind):
    mark = f"mark-{uuid4()}"
    program = f"""
sys.path.insert(0, {str(Path(machines.__file__).parent)!r})
from machines import running
with Sandbox() as sandbox:
    sandbox.run({AWAY.format(mark)!r})
    before = len(running({mark!r}))
    sandbox.run("import os; os._exit(1)")
    print(json.dumps([before, len(running({mark!r}))]))
"""
    assert played(kind, program) == [1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_has_only_begun_can_be_killed(kind):
    program = """
with Sandbox() as sandbox:
    print(json.dumps([sandbox.run("import time; time.sleep(60)", time_s=1e-6).timed_out for _ in range(20)]))
"""
    assert played(kind, program) == [True] * 20


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_a_server_that_was_killed(kind):
    mark = f"mark-{uuid4()}"
    program = f"""
sandbox = Sandbox()
sandbox.run({AWAY.format(mark)!r})
print(sandbox._keeping._folder)
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""
    server = subprocess.run(command(kind, program), capture_output=True, text=True, check=False)
    # The keeper holds the other end of stderr, so all that was to do is done by now.

    assert server.stderr == ""
    assert running(mark) == []
    assert not Path(server.stdout.strip()).exists()


LOOK = """
look = '''
import glob, os
found, opened = [str(os.environ)], []
for folder in set(glob.glob("/proc/[0-9]*")) - {f"/proc/{os.getpid()}"}:
    for name in ("environ", "mem"):
        try:
            with open(f"{folder}/{name}", "rb") as file:
                opened.append(file.name)
                found.append(str(file.read(100_000)))
        except OSError:
            pass
"hunter2" in str(found), opened
'''
with Sandbox() as sandbox:
    print(json.dumps([sandbox.run(look).value, "hunter2" in os.environ["SECRET"]]), flush=True)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_and_the_environment_of_the_server_cannot_be_read(kind):
    assert played(kind, LOOK, SECRET="hunter2") == ["(False, [])", True]


@needs_landlock
@pytest.mark.parametrize("kind", KINDS)
def test_nor_can_those_of_the_processes_around_it(kind):
    program = f"""
import multiprocessing  # as for sessions with a process each: a server, what it forks them from, a tracker
process = multiprocessing.get_context("forkserver").Process(target=exec, args=({PRELUDE + LOOK!r}, {{}}))
process.start()
process.join()
"""
    assert played(kind, program, SECRET="hunter2") == ["(False, [])", True]


@pytest.mark.parametrize("kind", KINDS)
def test_forking_without_end_comes_to_an_end(kind):
    program = """
bomb = '''
import os
while True:
    try:
        os.fork()
    except BlockingIOError:
        pass
'''
with Sandbox(Limits(processes=8)) as sandbox:
    print(json.dumps([sandbox.run(bomb, time_s=0.5).timed_out, sandbox.run("1 + 1").value]))
"""
    assert played(kind, program) == [True, "2"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_is_cut_off_where_it_is_said_to_be(kind):
    program = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listening, Sandbox() as sandbox:
    call = f"import socket; socket.create_connection(('127.0.0.1', {listening.getsockname()[1]}), 5).close()"
    print(json.dumps([sandbox.isolation.network, sandbox.run(call).exit_code != 0]))
"""
    claimed, cut = played(kind, program)

    assert cut == claimed
    assert cut or platform.machine() not in ("x86_64", "aarch64")


@pytest.mark.parametrize("kind", KINDS)
def test_sockets_that_lead_nowhere_can_be_made(kind):
    program = """
local = "import socket; socket.socket(socket.AF_UNIX).close()"
with Sandbox() as sandbox:
    waited = sandbox.run("import asyncio; asyncio.run(asyncio.sleep(0, 'waited'))").value
    closed = not sandbox.isolation.user and sandbox.isolation.files == "checked"
    print(json.dumps([waited, (sandbox.run(local).error is not None) == closed]))
"""
    assert played(kind, program) == ["'waited'", True]


@pytest.mark.parametrize("kind", ["rich", "plain", "user"])
def test_sandboxes_cannot_reach_each_other(kind):
    program = """
signal_all = '''
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
reached = []
for pid in {int(name) for name in os.listdir("/proc") if name.isdigit()} - {os.getpid(), os.getppid()}:
    try:
        os.kill(pid, 0)
        reached.append(pid)
    except OSError:
        pass
child.pid, reached
'''
with Sandbox() as one, Sandbox() as other:
    folder, user = eval(one.run("import os; open('secret', 'w'); os.getcwd(), os.getuid()").value)
    seen = other.run(f"import os; ({user} == os.getuid(), os.path.exists('{folder}/secret'))").value
    found = eval(other.run(signal_all).value)
    print(json.dumps([one.isolation.user, other.isolation.processes, eval(seen), found]))
"""
    own_user, processes, (same_user, found), (child, signalled) = played(kind, program)

    assert own_user or processes == "namespace" or os.getuid() != 0
    if own_user or processes == "namespace":
        assert same_user != own_user
        assert not found
        assert signalled == [child]


def test_a_keeper_that_is_killed_does_not_harm_the_next_run():
    program = """
import threading
def kill():
    os.kill(sandbox._keeping._process.pid, 9)
with Sandbox() as sandbox:
    threading.Timer(0.1, kill).start()
    killed = sandbox.run("import time; time.sleep(60)")
    kill()
    sandbox.restart()
    print(json.dumps([killed.ended, sandbox.run("1 + 1").value]))
"""
    ended, after = played("plain-user", program)

    assert ended == "killed with its keeper, and its files removed"
    assert after == "2"


@pytest.mark.parametrize("kind", ["rich", "user"])
def test_shared_memory_does_not_outlive_a_restart_in_a_namespace(kind):
    program = """
get = "import ctypes; ctypes.CDLL(None).shmget({}, 4096, {}) >= 0"
with Sandbox() as sandbox:
    found = []
    if sandbox.isolation.processes == "namespace":
        found.append(sandbox.run(get.format(4321, 0o1600)).value)
        sandbox.restart()
        found.append(sandbox.run(get.format(4321, 0)).value)
    print(json.dumps(found))
"""
    assert played(kind, program) in (["True", "False"], [])


def test_the_keeper_is_of_the_same_openenv_as_the_server():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        venv.create(folder, symlinks=True)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        (packages / "openenv").mkdir()
        (packages / "openenv" / "__init__.py").write_text("raise ImportError('another one')")
        arguments = command("plain", "with Sandbox() as sandbox: print(json.dumps(sandbox.run('1 + 1').value))")
        arguments[0] = str(Path(folder, "bin", "python"))

        assert played_by(arguments, PYTHONPATH=os.pathsep.join(filter(None, sys.path))) == "2"


def test_an_interpreter_that_only_the_server_can_read_is_told(tmp_path):
    tmp_path.chmod(0o700)
    venv.create(tmp_path / "venv", symlinks=True)
    program = """
from openenv.sandbox import SandboxError
try:
    with Sandbox() as sandbox:
        print(json.dumps(sandbox.run("1 + 1").value))
except SandboxError as error:
    print(json.dumps(error.message))
"""
    arguments = command("plain", program)
    arguments[0] = str(tmp_path / "venv" / "bin" / "python")
    told = played_by(arguments, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))

    alone = f"Python and its packages ({tmp_path / 'venv'}) can be read by the server's user alone"
    assert told == (alone if os.getuid() == 0 else "2")
