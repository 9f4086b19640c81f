"""What the code writes stays within limits, and what it is not to read is hidden where that is said."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from support.machines import KINDS, played

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
