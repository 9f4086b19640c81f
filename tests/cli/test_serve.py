from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pexpect
import pytest

from openenv import GenericEnvClient
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, plan, write

COMMAND = [sys.executable, "-m", "openenv_cli", "serve"]


@pytest.fixture
def project(tmp_path):
    """A project as init makes it."""
    write(plan(names_for("my-env"), TEMPLATES["echo"], tmp_path / "my-env"))
    return tmp_path / "my-env"


class Server:
    """A running ``openenv serve``; ``code``, ``out`` and ``err`` are there once it has ended."""

    def __init__(self, process):
        self.process = process
        self.first = process.stdout.readline()
        self.url = self.first.split()[-1] if self.first else None

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        self.code = self.process.wait(timeout=30)
        self.out, self.err = self.first + self.process.stdout.read(), self.process.stderr.read()


@contextmanager
def serving(*arguments, cwd, **environ):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environ = {**os.environ, **environ}
    with subprocess.Popen([*COMMAND, *arguments], cwd=cwd, env=environ, start_new_session=True, **pipes) as process:
        try:
            yield Server(process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def failing(*arguments, cwd):
    """The exit code and the error output of a server that does not start."""
    done = subprocess.run([*COMMAND, "--port", "0", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_says_where_it_listens_and_when_a_session_ends(project):
    with serving("--port", "0", cwd=project) as server:
        with GenericEnvClient(base_url=server.url) as env:
            env.reset()
            env.step({"message": "hello"})
        server.stop()

    assert server.code == 0
    assert server.url.startswith("http://127.0.0.1:")
    assert server.out.splitlines() == [
        f"my-env 0.1.0 listens on {server.url}",
        f"  docs      {server.url}/docs",
        f"  sessions  {server.url.replace('http', 'ws')}/ws",
    ]
    first, session = server.err.splitlines()
    assert first == "Ctrl-C stops it"
    assert session.startswith("INFO:")
    assert "ended" in session


@pytest.mark.parametrize(("template", "printed"), [("echo", "hello 0.5\n"), ("game", r"found\n|out of moves\n")])
def test_the_example_in_the_readme_plays(tmp_path, template, printed):
    write(plan(names_for("my-env"), TEMPLATES[template], tmp_path))
    (example,) = re.findall(r"```python\n(.*?)```", (tmp_path / "README.md").read_text(), re.DOTALL)
    with serving("--port", "0", cwd=tmp_path) as server:
        script = example.replace("http://localhost:8000", server.url)
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
        server.stop()

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(printed, done.stdout)


@pytest.mark.parametrize(
    ("environ", "colored"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_the_log_has_colours_where_errors_have_them(project, environ, colored):
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "openenv_cli", "serve", "--port", "0"]
    terminal = pexpect.spawn(shlex.join(command), cwd=str(project), env={**plain, "TERM": "xterm", **environ})
    terminal.expect_exact("Ctrl-C stops it")
    url = terminal.before.split()[4].decode()
    with GenericEnvClient(base_url=url) as env:
        env.reset()
    terminal.expect_exact("ended: closed")
    log = terminal.before
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert (b"\x1b[" in log) is colored
    assert terminal.exitstatus == 0


def test_ends_with_code_0_when_it_is_terminated(project):
    with serving("--port", "0", cwd=project) as server:
        server.stop(signal.SIGTERM)

    assert server.code == 0


def test_quiet_says_where_it_listens_and_no_more(project):
    with serving("--port", "0", "--quiet", cwd=project) as server:
        with GenericEnvClient(base_url=server.url) as env:
            env.reset()
        server.stop()

    assert (server.code, server.err) == (0, "")


def test_a_project_is_found_from_a_folder_in_it(project):
    with serving("my-env/my_env/server", "--port", "0", cwd=project.parent) as server:
        server.stop()

    assert server.code == 0


def test_serves_the_flat_layout(tmp_path):
    (tmp_path / "server").mkdir()
    for name in ("__init__.py", "server/__init__.py"):
        (tmp_path / name).touch()
    (tmp_path / "openenv.yaml").write_text("spec_version: 1\nname: flat_env\napp: server.app:app\nport: 8000\n")
    (tmp_path / "models.py").write_text(
        "from openenv import Action, Observation\n"
        "class FlatAction(Action):\n    text: str\n"
        "class FlatObservation(Observation):\n    text: str\n"
    )
    (tmp_path / "server" / "app.py").write_text(
        "from openenv import Environment, State\n"
        "from openenv.server import create_app\n"
        "from models import FlatAction, FlatObservation\n"
        "class FlatEnvironment(Environment[FlatAction, FlatObservation, State]):\n"
        "    def reset(self):\n        return FlatObservation(text='')\n"
        "    def step(self, action):\n        return FlatObservation(text=action.text)\n"
        "    state = State()\n"
        "app = create_app(FlatEnvironment)\n"
    )
    with serving("--port", "0", cwd=tmp_path) as server:
        assert server.first.startswith("flat_env listens on http://")
        with GenericEnvClient(base_url=server.url) as env:
            env.reset()
            assert env.step({"text": "hello"}).observation["text"] == "hello"
        server.stop()

    assert server.code == 0


def test_options_reach_the_server(project):
    environment = project / "my_env" / "server" / "environment.py"
    told = environment.read_text().replace('message=""', "message=str(os.getpid())")
    environment.write_text(told.replace("from uuid", "import os\nfrom uuid"))
    with serving("--port", "0", "--max-sessions", "1", "--isolation", "process", cwd=project) as server:
        with GenericEnvClient(base_url=server.url) as env:
            assert int(env.reset().observation["message"]) != server.process.pid
            with pytest.raises(HTTPError, match="503"):
                urlopen(f"{server.url}/sessions", data=b"{}")
        server.stop()

    assert server.code == 0


def test_a_busy_port_names_its_holder(project, openenv):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = openenv("serve", str(project), "--port", str(port))

    assert ran.code == 3
    first, hint = ran.err.splitlines()
    assert first.startswith(f"error: port {port} is taken by ")
    assert first.endswith(f" (process {os.getpid()})")
    assert Path(sys.executable).name in first
    assert hint == "hint: --port 0 takes a free one, --port N another"


@pytest.mark.parametrize(
    ("host", "code", "error"),
    [
        ("no.such.host.invalid", 2, "error: 'no.such.host.invalid' is not an address"),
        ("203.0.113.7", 2, "error: 203.0.113.7 is not an address of this machine"),
    ],
)
def test_a_wrong_host_is_wrong_usage(project, openenv, host, code, error):
    ran = openenv("serve", str(project), "--host", host)

    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(error)


def test_no_project_is_an_error_with_a_hint(openenv, tmp_path):
    ran = openenv("serve")

    assert ran.code == 2
    assert ran.err == (
        f"error: no openenv.yaml in {tmp_path} or any folder above it\nhint: make a project with: openenv init my-env\n"
    )


def test_an_import_error_shows_the_users_own_frames_only(project):
    environment = project / "my_env" / "server" / "environment.py"
    environment.write_text("import json\nparsed = json.loads('{')\n")
    code, err = failing("--quiet", cwd=project)

    assert code == 1
    *frames, last, hint = err.splitlines()
    assert [line for line in frames if line.startswith("  File")] == [
        f'  File "{project}/my_env/server/app.py", line 5, in <module>',
        f'  File "{environment}", line 2, in <module>',
    ]
    assert last.startswith("error: cannot import my_env.server.app:app: JSONDecodeError: ")
    assert hint == "hint: the lines above show where; python's own traceback comes with --debug"


def test_a_syntax_error_shows_the_line(project):
    environment = project / "my_env" / "server" / "environment.py"
    environment.write_text("x = 1\ny = = 2\n")
    code, err = failing(cwd=project)

    assert code == 1
    assert f'  File "{environment}", line 2\n    y = = 2\n' in err
    assert "error: cannot import my_env.server.app:app: SyntaxError: " in err


@pytest.mark.parametrize(
    ("app", "error", "hint"),
    [
        ("", "my_env.server.app has no 'app'", "openenv.yaml names the app after 'app:', as module:name"),
        ("app = 1", "my_env.server.app:app is of type int, not an app", "create_app(…) makes one"),
        ("raise SystemExit(4)", "cannot import my_env.server.app:app: SystemExit: 4", "the lines above show where"),
        (
            "import my_env.nowhere",
            "cannot import my_env.server.app:app: ModuleNotFoundError: No module named 'my_env.nowhere'",
            "the lines above show where",
        ),
        (
            "import nowhere.far",
            "cannot import my_env.server.app:app: ModuleNotFoundError: No module named 'nowhere'",
            "list the package with nowhere in pyproject.toml, and install what that lists: pip install -e {project}",
        ),
    ],
)
def test_an_app_that_cannot_be_served_is_an_error(project, app, error, hint):
    (project / "my_env" / "server" / "app.py").write_text(app + "\n")
    code, err = failing(cwd=project)

    assert code == 1
    assert f"error: {error}\nhint: {hint.format(project=project)}" in err


@pytest.mark.parametrize("app", ["my_env.server.main:app", "server.app:app"])
def test_a_manifest_that_names_no_module_is_told_where_it_was_looked_for(project, app):
    manifest = project / "openenv.yaml"
    manifest.write_text(manifest.read_text().replace("my_env.server.app:app", app))
    code, err = failing(cwd=project)

    missing = app.partition(":")[0] if app.startswith("my_env") else "server"
    assert code == 1
    assert err.splitlines() == [
        f"error: cannot import {app}: ModuleNotFoundError: No module named '{missing}'",
        f"hint: openenv.yaml names the app after 'app:', as module:name; modules are looked for in {project}",
    ]


def test_an_app_that_fails_while_it_starts_is_an_error(project):
    (project / "my_env" / "server" / "app.py").write_text(
        "from contextlib import asynccontextmanager\n"
        "from fastapi import FastAPI\n"
        "@asynccontextmanager\n"
        "async def lifespan(app):\n"
        "    raise RuntimeError('no model weights')\n"
        "    yield\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    code, err = failing(cwd=project)

    assert code == 1
    assert "RuntimeError: no model weights" in err
    assert err.endswith("error: my_env.server.app:app did not start\nhint: the log above says why\n")


def test_settings_that_contradict_the_environment_are_an_error(project):
    environment = project / "my_env" / "server" / "environment.py"
    environment.write_text(environment.read_text().replace("SUPPORTS_CONCURRENT_SESSIONS = True", "pass"))
    code, err = failing("--max-sessions", "2", cwd=project)

    first, hint = err.splitlines()
    assert code == 1
    assert first == "error: MyEnvironment does not support 2 concurrent sessions"
    assert hint.startswith("hint: set SUPPORTS_CONCURRENT_SESSIONS = True")


WARNING = "warning: whoever reaches 0.0.0.0 can drive this environment; OPENENV_API_KEY=… asks for a key"


@pytest.mark.parametrize(
    ("host", "key_in_code", "environ", "warned"),
    [
        ("0.0.0.0", False, {}, True),
        ("0.0.0.0", False, {"OPENENV_API_KEY": "secret"}, False),
        ("0.0.0.0", True, {}, False),
        ("localhost", False, {}, False),
    ],
)
def test_warns_when_strangers_could_drive_it(project, host, key_in_code, environ, warned):
    app = project / "my_env" / "server" / "app.py"
    if key_in_code:
        app.write_text(app.read_text().replace("(MyEnvironment)", "(MyEnvironment, api_key='secret')"))
    with serving("--port", "0", "--host", host, cwd=project, **environ) as server:
        server.stop()

    assert (WARNING in server.err) is warned
    assert "secret" not in server.err + server.out


def test_reload_serves_what_a_file_says_now(project):
    environment = project / "my_env" / "server" / "environment.py"
    text = environment.read_text()
    with serving("--port", "0", "--reload", cwd=project) as server:
        with GenericEnvClient(base_url=server.url) as env:
            assert env.reset().observation["message"] == ""
            announcement = [server.first, *(server.process.stdout.readline() for _ in range(2))]

            environment.write_text("broken = = 1\n")
            for line in server.process.stderr:
                if line.startswith("error: cannot import my_env.server.app:app: SyntaxError"):
                    break
            environment.write_text(text.replace('message=""', 'message="changed"'))
            again = [server.process.stdout.readline() for _ in range(3)]
        assert again == announcement
        with GenericEnvClient(base_url=server.url) as env:
            assert env.reset().observation["message"] == "changed"
        server.stop()

    assert server.code == 0
