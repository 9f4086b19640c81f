"""Whatever the machine allows: no run harms the next one, nothing is left behind, and no more is claimed than holds."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from uuid import uuid4

import pytest

from openenv.sandbox import kernel

MACHINE = Path(__file__).with_name("machine.py")
PRELUDE = "import json, os, sys\nfrom openenv.sandbox import Limits, Sandbox\n"
KINDS = ["rich", "plain", "user", "plain-user"]
AWAY = """
import subprocess, sys
sleep = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)", {!r}]
subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.PIPE).stdout.readline()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several kinds")


def has_landlock():
    """Whether the kernel has Landlock, as Linux 5.19 and later may."""
    try:
        return kernel.system_call(444, None, 0, 1) > 1
    except OSError:
        return False


needs_landlock = pytest.mark.skipif(sys.platform == "linux" and not has_landlock(), reason="the kernel has no Landlock")


def command(kind, program):
    return [sys.executable, str(MACHINE), kind, PRELUDE + program]


def played(kind, program, **variables):
    """Run a program on some kind of machine; returns the JSON that it prints."""
    return played_by(command(kind, program), **variables)


def played_by(arguments, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return json.loads(done.stdout)


def running(mark):
    """Find the processes that have this among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in arguments:
            found.append(path.parent.name)
    return found


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
sys.path.insert(0, {str(MACHINE.parent)!r})
from test_machines import running
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
def test_files_still_move_from_folder_to_folder(kind):
    move = "import os; os.mkdir('a'); os.mkdir('b'); open('x', 'w').close(); os.rename('x', 'a/x'); os.link('a/x', 'b/x')"
    program = f"""
with Sandbox() as sandbox:
    print(json.dumps(sandbox.run({move!r}).error))
"""
    assert played(kind, program) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_disk_is_not_filled(kind):
    program = """
fill = "for number in range(50): open(f'{number}', 'wb').write(bytes(2**20))\\nimport time; time.sleep(30)"
with Sandbox(Limits(files_mb=4)) as sandbox:
    filled, after = sandbox.run(fill), sandbox.run("open('small', 'w').write('fits')")
print(json.dumps([filled.error, filled.ended, after.value if sandbox.isolation.files == "checked" else "4"]))
"""
    error, ended, after = played(kind, program)

    assert error == "OSError: [Errno 28] No space left on device" or "more than 4 MiB of files" in ended
    assert after == "4"


@pytest.mark.parametrize("kind", ["plain", "plain-user"])
def test_files_come_and_go_while_they_are_counted(kind):
    program = """
churn = '''
import os, time
end = time.monotonic() + 1
while time.monotonic() < end:
    for number in range(100):
        os.mkdir(f"d{number}")
        open(f"d{number}/f", "w").close()
    for number in range(100):
        os.remove(f"d{number}/f")
        os.rmdir(f"d{number}")
'''
with Sandbox() as sandbox:
    print(json.dumps([sandbox.run(churn).ended]))
"""
    assert played(kind, program) == [None]


def test_files_in_public_places_count_and_are_removed():
    program = f"""
few, many = "/var/tmp/{uuid4()}", "/var/tmp/{uuid4()}"
with Sandbox(Limits(files_mb=4)) as sandbox:
    sandbox.run(f"open('{{few}}', 'wb').write(bytes(2**20))")
    before = os.path.exists(few)
    much = sandbox.run(
        f"for n in range(8): open(f'{{many}}{{{{n}}}}', 'wb').write(bytes(2**20))\\nimport time; time.sleep(30)"
    )
    between = [os.path.exists(path) for path in (few, many + "0")]
    sandbox.run(f"open('{{few}}', 'wb').write(bytes(2**20))")
print(json.dumps([before, much.ended, between, os.path.exists(few)]))
"""
    ended = "killed: it wrote more than 4 MiB of files, now removed"

    assert played("plain", program) == [True, ended, [False, False], False]


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


@pytest.fixture
def service():
    """A socket where services have theirs, open to everybody; gives its path."""
    try:
        folder = Path(tempfile.mkdtemp(dir="/run"))
    except OSError:
        pytest.skip("nobody but root may write to /run")
    folder.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        listening.listen()
        yield str(folder / "socket")
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sockets_of_services_are_hidden_with_all_other_files(kind, service):
    program = f"""
with Sandbox() as sandbox:
    execution = sandbox.run("import socket; socket.socket(socket.AF_UNIX).connect({service!r})")
    print(json.dumps([sandbox.isolation.files, execution.error]))
"""
    files, error = played(kind, program)

    assert (error is not None) == (files == "quota")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_folders_are_hidden_where_they_are_said_to_be(kind, mode):
    program = f"""
import tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as place:
    os.chmod(place, 0o755)
    answers = Path(place, "answers")
    answers.mkdir(mode={mode})
    (answers / "one").write_text("42")
    look = f"import os; os.chmod({{str(answers)!r}}, 0o755)", f"os.listdir({{str(answers)!r}})"
    with Sandbox(hidden=[answers]) as sandbox:
        sandbox.restart()
        seen = [sandbox.run(code).value for code in look]
        print(json.dumps([sandbox.isolation.hidden, sandbox.isolation.files, seen[1]]))
"""
    closed = mode == 0o700 and os.getuid() == 0
    hidden, files, seen = played(kind, program)

    assert seen == (None if hidden else "['one']")
    assert hidden == (files == "quota" or (kind == "plain" and closed))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hidden_within_a_package_stays_so_where_the_package_is_put_back(kind):
    folder = Path(pytest.__file__).parent
    program = f"""
with Sandbox(hidden=[{str(folder)!r}]) as sandbox:
    seen = sandbox.run("open({str(folder / "__init__.py")!r}).close()").error
    print(json.dumps([sandbox.isolation.hidden, seen, sandbox.run("import pluggy").error]))
"""
    hidden, seen, sibling = played(kind, program)

    assert (seen is not None) == hidden
    assert sibling is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_hidden_and_nothing_has_to_be(kind):
    program = """
with Sandbox(hidden=["/nowhere"]) as one, Sandbox() as other:
    print(json.dumps([one.isolation.hidden, other.isolation.hidden]))
"""
    assert played(kind, program) == [kind != "plain-user", True]


@pytest.mark.parametrize("kind", ["rich", "plain", "user"])
def test_sandboxes_cannot_reach_each_other(kind):
    program = """
with Sandbox() as one, Sandbox() as other:
    folder, pid, user = eval(one.run("import os; open('secret', 'w'); os.getcwd(), os.getpid(), os.getuid()").value)
    seen = other.run(f"import os; ({user} == os.getuid(), os.path.exists('{folder}/secret'))").value
    signalled = other.run(f"os.kill({pid}, 0) if {pid} != os.getpid() else 1/0").error
    print(json.dumps([one.isolation.user, other.isolation.processes, eval(seen), signalled]))
"""
    own_user, processes, (same_user, found), signalled = played(kind, program)

    assert own_user or processes == "namespace" or os.getuid() != 0
    if own_user or processes == "namespace":
        assert same_user != own_user
        assert not found
        assert signalled is not None


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
