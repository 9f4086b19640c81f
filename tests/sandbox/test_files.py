"""What the code writes stays within limits."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from support.machines import KINDS, needs_landlock, played

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several kinds")


@pytest.mark.parametrize("kind", KINDS)
def test_files_still_move_from_folder_to_folder(kind):
    program = """
with Sandbox() as sandbox:
    sandbox.run("import os; os.mkdir('a'); os.mkdir('b'); open('x', 'w').close()")
    print(json.dumps(sandbox.run("os.rename('x', 'a/x'); os.link('a/x', 'b/x')").error))
"""
    assert played(kind, program) is None


@pytest.mark.parametrize("kind", ["rich", "plain"])
def test_temporary_files_may_be_in_a_place_that_is_hidden(kind):
    program = """
import pwd, tempfile
from pathlib import Path
with tempfile.TemporaryDirectory(dir=pwd.getpwuid(os.getuid()).pw_dir) as tempfile.tempdir:
    os.chmod(tempfile.tempdir, 0o755)
    with Sandbox() as sandbox:
        wrote = [sandbox.run("open('x', 'w').write('fits')").value]
        sandbox.restart()
        wrote.append(sandbox.run("open('x', 'w').write('fits')").value)
    print(json.dumps([wrote, os.listdir(tempfile.tempdir)]))
"""
    assert played(kind, program) == [["4", "4"], []]


@pytest.mark.parametrize("kind", KINDS)
def test_the_disk_is_not_filled(kind):
    program = """
fill = "for number in range(50): open(f'{number}', 'wb').write(bytes(2**20))\\nimport time; time.sleep(30)"
with Sandbox(Limits(files_mb=4)) as sandbox:
    filled = sandbox.run(fill)
    after = sandbox.run("import os; os.write(os.open('small', os.O_CREAT | os.O_WRONLY), b'fits')")
print(json.dumps([sandbox.isolation.files, filled.error, filled.ended, after.error]))
"""
    full = "OSError: [Errno 28] No space left on device"
    quota = ["quota", full, None, full]
    checked = ["checked", None, "killed: it wrote more than 4 MiB of files, now removed", None]

    assert played(kind, program) in (quota, checked)


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


@pytest.mark.parametrize("kind", ["plain", "plain-user"])
@pytest.mark.parametrize(
    ("before", "opened", "after"),
    [
        ("", "open('x', 'wb')", "os.remove('x')"),
        ("", "open(os.memfd_create('x'), 'wb')", ""),
        ("for _ in range(20): os.mkdir('d' * 250); os.chdir('d' * 250)", "open(f'{n}', 'wb')", ""),
        ("os.mkdir('d')", "open(f'd/{n}', 'wb')", "os.chmod('d', 0o300)"),
    ],
    ids=["removed", "in memory", "deep", "unreadable"],
)
def test_files_that_hide_from_the_count_are_found(kind, before, opened, after):
    program = f"""
hide = '''
import os, time
{before}
files = []
for n in range(6):
    files.append({opened})
    files[n].write(bytes(2**23))
    {after}
time.sleep(60)
'''
with Sandbox(Limits(files_mb=16)) as sandbox:
    execution = sandbox.run(hide)
    ended = execution.ended or execution.stderr
    print(json.dumps([ended, sandbox.run("import os; os.listdir()").value]))
"""
    ended, left = played(kind, program)

    assert ended in (
        "killed: it wrote more than 16 MiB of files, now removed",
        "killed: it made a folder that cannot be measured, now removed",
    )
    assert left == "[]"


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


@pytest.fixture
def open_folder():
    """A folder that everybody may write to, in none of the places that are made for it."""
    try:
        folder = Path(tempfile.mkdtemp(dir="/run"))
    except OSError:
        pytest.skip("nobody but root may write to /run")
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@needs_landlock
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_but_in_the_places_that_are_made_for_it(kind, open_folder):
    (open_folder / "there").write_text("as it was")
    (open_folder / "there").chmod(0o666)
    program = f"""
ways = ["open(new, 'w')", "open(there, 'a')", "os.truncate(there, 0)", "os.mkdir(new)", "os.remove(there)"]
with Sandbox() as sandbox:
    sandbox.run("import os; new, there = '{open_folder}/new', '{open_folder}/there'")
    refused = [sandbox.run(way).exit_code for way in ways]
    allowed = sandbox.run(
        "for place in '/tmp', '/var/tmp', '/dev/shm', os.environ['HOME']:\\n"
        "    with open(place + '/{uuid4()}', 'w') as file: os.remove(file.name)"
    )
    print(json.dumps([refused, allowed.error]))
"""
    assert played(kind, program) == [[1, 1, 1, 1, 1], None]
    assert [(path.name, path.read_text()) for path in open_folder.iterdir()] == [("there", "as it was")]


@pytest.fixture
def service(open_folder):
    """A socket where services have theirs, open to everybody; gives its path."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(open_folder / "socket"))
        (open_folder / "socket").chmod(0o777)
        listening.listen()
        yield str(open_folder / "socket")


@pytest.mark.parametrize("kind", KINDS)
def test_the_sockets_of_services_are_hidden_with_all_other_files(kind, service):
    program = f"""
with Sandbox() as sandbox:
    execution = sandbox.run("import socket; socket.socket(socket.AF_UNIX).connect({service!r})")
    print(json.dumps([sandbox.isolation.files, sandbox.isolation.user, execution.error]))
"""
    files, user, error = played(kind, program)

    assert (error is not None) == (files == "quota" or not user)
