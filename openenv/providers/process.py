"""Runs an environment's server in a process of its own, on this machine."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from openenv.errors import ConfigurationError, ServerStartError
from openenv.providers.start_error import start_error
from openenv.providers.surroundings import for_strangers

logger = logging.getLogger("openenv.providers")

_TAIL = 200
_LINGER_S = 5.0
_LAUNCHER = Path(__file__).with_name("launcher.py")
_LIKELY = 'is the app\'s module importable, and is its object called "app"?'


class ProcessProvider:
    """Serves an app on a free port of the loopback interface.

    The server is stopped by :meth:`stop`, when this object goes, when this process exits, and, when
    this process is killed, by itself.

    Args:
        app: What to serve, as ``module:name``; it is found as this process would find it.
        app_dir: The folder to run in and to import from; the current one where left out.
        python: The interpreter to run it with, of a virtual environment for example; it finds there what it
            imports, and nothing of this process. The one of this process where left out.
        env_vars: More environment variables for the server.
        startup_timeout_s: How long it may take until it is healthy, in seconds.
        stop_timeout_s: How long it may take to stop before it is killed, in seconds.
    """

    def __init__(
        self,
        app: str,
        *,
        app_dir: str | Path | None = None,
        python: str | Path | None = None,
        env_vars: Mapping[str, str] | None = None,
        startup_timeout_s: float = 60.0,
        stop_timeout_s: float = 10.0,
    ) -> None:
        self.app = app
        self.app_dir = Path(app_dir) if app_dir is not None else None
        self.python = Path(python) if python is not None else None
        self.env_vars = dict(env_vars or {})
        self.startup_timeout_s = startup_timeout_s
        self.stop_timeout_s = stop_timeout_s
        self._stop: weakref.finalize[..., ProcessProvider] | None = None
        self._server: _Server | None = None

    @property
    def exit_code(self) -> int | None:
        """How the last server ended, as ``subprocess`` says it; ``None`` while it runs, or where none was started."""
        return None if self._server is None else self._server.poll()

    @property
    def pid(self) -> int | None:
        """The process of the last server, which leads a group of its own; ``None`` where none was started."""
        return None if self._server is None else self._server.pid

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that the last server printed."""
        return () if self._server is None else self._server.log()

    @classmethod
    def for_project(cls, path: str | Path, *, env_vars: Mapping[str, str] | None = None) -> ProcessProvider:
        """Serve a project.

        Args:
            path: Its folder, or a file in it.
            env_vars: More environment variables for the server.

        Returns:
            A provider.

        Raises:
            ConfigurationError: There is no project, or it names no app.
        """
        from openenv.project.project import Project

        project = Project.find(path)
        return cls(project.app, app_dir=project.import_path, env_vars=env_vars)

    def start(self) -> str:
        """Start the server and wait until it is healthy.

        Returns:
            Its base URL.

        Raises:
            ServerStartError: It ended, or was not healthy in time; the message has the end of its log.
            ConfigurationError: This system cannot hand a socket to a process.
        """
        require_posix()
        self.stop()
        self._server = server = _Server(self)
        self._stop = weakref.finalize(self, server.stop, self.stop_timeout_s)
        try:
            server.wait_until_healthy(self.startup_timeout_s)
        except BaseException:
            self.stop()
            raise
        return server.base_url

    def stop(self) -> None:
        """Stop the server and everything that it started; does nothing where none runs."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()


def require_posix() -> None:
    """Check that this system can hand a socket to a process.

    Raises:
        ConfigurationError: It cannot.
    """
    if os.name == "nt":
        raise ConfigurationError("servers run on Linux and macOS; connect to one with base_url=")


class _Server:
    """A server's process. The socket is bound here: its address is known, and connections wait, before it runs."""

    def __init__(self, provider: ProcessProvider) -> None:
        self._app = provider.app
        self._root = _root_of(provider.app, provider.app_dir)
        # What another interpreter has is its owner's.
        self._package = _package_in(self._root, provider.app) if provider.python is None else None
        self._owner = os.getpid()
        self._log: deque[str] = deque(maxlen=_TAIL)
        # The server stops when the other end of this pipe closes: with us, however we end.
        theirs, self._lifeline = os.pipe()
        try:
            with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
                self._port = listening.getsockname()[1]
                self._process = self._spawn(provider, listening.fileno(), theirs)
        except OSError as error:
            os.close(self._lifeline)
            raise ConfigurationError(f"cannot start a server for {self._app}: {error}") from error
        finally:
            os.close(theirs)
        self.base_url = f"http://127.0.0.1:{self._port}"
        self._reader = threading.Thread(target=self._read_log, name="openenv-server-log", daemon=True)
        self._reader.start()

    def wait_until_healthy(self, timeout_s: float) -> None:
        """Ask for its health; the answer comes as soon as it serves."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout_s)
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
        except TimeoutError:
            raise self._failure(f"was not healthy within {timeout_s:g} s") from None
        except (OSError, http.client.HTTPException):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LINGER_S)
            self._reader.join(timeout=1.0)
            code = self._process.returncode
            raise self._failure("hung up" if code is None else f"ended with exit status {code}") from None
        finally:
            connection.close()
        if status != http.client.OK:
            raise self._failure(f"says that it is not healthy (HTTP {status})")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._process.poll()

    def log(self) -> tuple[str, ...]:
        """The last lines that it printed."""
        return tuple(self._log)

    def stop(self, timeout_s: float) -> None:
        """End the process and its group: politely, then by force."""
        if os.getpid() != self._owner:
            return  # a forked child that exits
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            logger.warning("the server of %s did not stop within %g s: killed", self._app, timeout_s)
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._lifeline)
        self._reader.join(timeout=1.0)

    def _spawn(self, provider: ProcessProvider, listening: int, lifeline: int) -> subprocess.Popen[bytes]:
        command = [*_server_command(provider.python), self._app, "--fd", str(listening), "--parent-fd", str(lifeline)]
        if provider.app_dir is not None or provider.python is not None:
            command += ["--app-dir", str((provider.app_dir or Path()).resolve())]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(listening, lifeline),
            start_new_session=True,
            env={**_variables(provider.python), **provider.env_vars},
        )

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                self._log.append(text)
                logger.debug("%s: %s", self._app, text)

    def _failure(self, what: str) -> ServerStartError:
        log = "\n".join(self._log)
        return start_error(f"the server of {self._app} {what}", log, _LIKELY, root=self._root, package=self._package)


def _server_command(python: Path | None) -> list[str]:
    """What serves an app: this package, or, in another interpreter, a script that does without it."""
    if python is None:
        return [sys.executable, "-m", "openenv.server", "--log-level", "warning"]
    # Isolated (-I), it imports neither from the script's folder nor from where PYTHONPATH points.
    return [str(python), "-I", "-u", str(_LAUNCHER)]


def _variables(python: Path | None) -> dict[str, str]:
    """The environment variables of a server. Its only clients are ours: nobody else's episode has to be waited for."""
    always = {"OPENENV_DRAIN_TIMEOUT_S": "1", "PYTHONUNBUFFERED": "1"}
    if python is not None:
        return {**for_strangers(), **always}
    # They know no operator's key either.
    inherited = {name: value for name, value in os.environ.items() if name != "OPENENV_API_KEY"}
    return {**inherited, **always, "PYTHONPATH": os.pathsep.join(_import_path())}


def _root_of(app: str, app_dir: Path | None) -> Path:
    """Find where the files of an app's author are: its folder, or else the package or module as it is installed."""
    if app_dir is None:
        with suppress(ImportError, ValueError):
            spec = find_spec(_top(app))
            places = [] if spec is None else [*(spec.submodule_search_locations or ()), spec.origin]
            if places and places[0] is not None:
                return Path(places[0])
    return (app_dir or Path()).resolve()


def _package_in(root: Path, app: str) -> Path:
    """Find the folder of an app's package from where its author's files are."""
    return root if root.name == _top(app) else root / _top(app)


def _top(app: str) -> str:
    return app.partition(":")[0].partition(".")[0]


def _import_path() -> list[str]:
    """What this process can import beyond its installation: the server can import that too."""
    installed = {Path(sys.prefix), Path(sys.base_prefix)}
    own = [entry for entry in sys.path if entry and not installed & {*Path(entry).parents}]
    return list(dict.fromkeys(own))
