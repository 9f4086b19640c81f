"""What the code is not to read is hidden where that is said, whatever the code tries."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from support.machines import HAS_LANDLOCK, KINDS, needs_landlock, played

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several kinds")

PLACE = """
import atexit, shutil, tempfile
from pathlib import Path
place = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, place)
place.chmod(0o755)
hidden = place / "deep" / "answers"
(hidden / "more").mkdir(parents=True)
file = hidden / "more" / "secret_answer.py"
file.write_text("answer = 'hunter' + '2'  # hunter2")
"""

READING = {
    "open": "open(file).read()",
    "open in the folder": "os.read(os.open('more/secret_answer.py', 0, dir_fd=os.open(hidden, 0)), 99)",
    "open a path descriptor anew": "open(f'/proc/self/fd/{os.open(file, os.O_PATH)}').read()",
    "change the mode": "os.chmod(file, 0o777); open(file).read()",
    "through the root of a process": "open('/proc/self/root' + file).read()",
    "through the root of the server": "open(f'/proc/{os.getppid()}/root' + file).read()",
    "through the working folder": "os.chdir(hidden); open('more/secret_answer.py').read()",
    "through a symbolic link": "os.symlink(file, 'symbolic'); open('symbolic').read()",
    "through one to the folder": "os.symlink(hidden, 'folder'); open('folder/more/secret_answer.py').read()",
    "through a hard link": "os.link(file, 'hard'); open('hard').read()",
    "rename the file": "os.rename(file, 'here'); open('here').read()",
    "rename the folder": "os.rename(hidden, 'there'); open('there/more/secret_answer.py').read()",
    "rename what is around it": "os.rename(hidden + '/..', 'up'); open('up/answers/more/secret_answer.py').read()",
    "copy": "shutil.copy(file, 'copy'); open('copy').read()",
    "another program": "subprocess.run(['cat', file], capture_output=True, check=True).stdout",
    "as a program": "os.chmod(file, 0o777); subprocess.run([file], capture_output=True, shell=True, check=True).stdout",
    "import": "sys.path.insert(0, os.path.dirname(file)); __import__('secret_answer').answer",
    "a child": "subprocess.check_output([sys.executable, file])",
    "memory": "mmap.mmap(os.open(file, 0), 0, prot=mmap.PROT_READ).read()",
    "write": "open(file, 'a').write('x')",
    "truncate": "os.truncate(file, 0)",
    "remove": "os.remove(file)",
    "put something beside it": "open(hidden + '/new', 'w')",
}


@needs_landlock
@pytest.mark.parametrize("kind", KINDS)
def test_no_way_leads_to_what_is_hidden(kind):
    program = PLACE + dedent(
        f"""
        names = f"file, hidden = {{str(file)!r}}, {{str(hidden)!r}}"
        with Sandbox(Limits(time_s=20), hidden=[hidden]) as sandbox:
            sandbox.run("import mmap, os, shutil, subprocess, sys")
            sandbox.run(names)
            home = sandbox.run("os.getcwd()").value
            found = {{}}
            for name, code in {READING!r}.items():
                sandbox.run(f"os.chdir({{home}})")
                execution = sandbox.run(code)
                found[name] = [execution.exit_code, "hunter2" in str(execution)]
            print(json.dumps([sandbox.isolation.hidden, found, file.read_text()]))
        """
    )
    claimed, found, kept = played(kind, program)

    assert claimed
    assert found == {name: [1, False] for name in READING}
    assert kept == "answer = 'hunter' + '2'  # hunter2"


@needs_landlock
def test_nor_does_one_through_what_forks_the_processes_of_sessions():
    program = PLACE + dedent(
        """
        import multiprocessing
        from multiprocessing import forkserver
        multiprocessing.set_start_method("forkserver")
        forkserver.ensure_running()
        address = forkserver._forkserver._forkserver_address
        call = f"import socket; socket.socket(socket.AF_UNIX).connect({address!r})"
        with Sandbox(hidden=[hidden]) as sandbox:
            print(json.dumps([sandbox.isolation.hidden, sandbox.run(call).error]))
        """
    )
    assert played("plain-user", program) == [True, "PermissionError: [Errno 13] Permission denied"]


@needs_landlock
@pytest.mark.parametrize("kind", ["plain", "plain-user"])
def test_all_around_what_is_hidden_can_be_read(kind):
    program = PLACE + dedent(
        """
        (place / "deep" / "beside").mkdir()
        (place / "deep" / "beside" / "one").write_text("seen")
        (place / "two").write_text("seen too")
        (place / "link").symlink_to("deep/beside")
        with Sandbox(hidden=[hidden]) as sandbox:
            texts = [open_.format(str(place)) for open_ in (
                "open('{}/deep/beside/one').read()", "open('{}/two').read()", "open('{}/link/one').read()"
            )]
            print(json.dumps([sandbox.run(text).value for text in texts]))
        """
    )
    assert played(kind, program) == ["'seen'", "'seen too'", "'seen'"]


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
    look = f"import os; os.chmod({{str(answers)!r}}, 0o755)", f"open({{str(answers / 'one')!r}}).read()"
    with Sandbox(hidden=[answers]) as sandbox:
        sandbox.restart()
        seen = [sandbox.run(code).value for code in look]
        print(json.dumps([sandbox.isolation.hidden, sandbox.isolation.files, seen[1]]))
"""
    closed = mode == 0o700 and os.getuid() == 0
    hidden, files, seen = played(kind, program)

    assert seen == (None if hidden else "'42'")
    assert hidden == (files == "quota" or (kind == "plain" and closed) or HAS_LANDLOCK)


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
    assert played(kind, program) == [kind != "plain-user" or HAS_LANDLOCK, True]
