"""Runs a project's app on this machine."""

from __future__ import annotations

import logging
import os
import socket
import sys
import traceback
from functools import partial, reduce
from importlib import import_module
from pathlib import Path
from typing import Any

from openenv.errors import OpenEnvError
from openenv.project.frames import is_own
from openenv.project.manifest import MANIFEST_NAME
from openenv.project.missing import install_hint
from openenv.project.project import Project
from openenv_cli import console
from openenv_cli.errors import CommandError

_NAMED_BY = f"{MANIFEST_NAME} names the app after 'app:', as module:name"


class AppError(CommandError):
    """The project's app cannot be served."""


def enter(project: Project) -> None:
    """Go to a project's folder, from which its app can be imported then."""
    os.chdir(project.root)
    sys.path.insert(0, str(project.import_path))


def serve(project: Project, sock: socket.socket, log_level: str) -> None:
    """Serve a project that was entered, until a signal stops it.

    Args:
        project: The project.
        sock: What to listen on.
        log_level: The least severe level that is logged.

    Raises:
        AppError: The app cannot be imported, or did not start.
    """
    from openenv.server.run import run

    app = load_app(project)
    host = sock.getsockname()[0]
    if not getattr(getattr(app, "state", None), "openenv_needs_key", False):
        warn_of_strangers(host)
    if log_level == "info":
        # What uvicorn says of its own start is said better below.
        logging.getLogger("uvicorn.error").addFilter(lambda record: record.levelno > logging.INFO)
    started: list[str] = []

    def on_ready(base_url: str) -> None:
        started.append(base_url)
        announce(project, base_url)

    try:
        run(app, sock=sock, log_level=log_level, on_ready=on_ready)
    except SystemExit:
        if started:
            raise
    if not started:
        raise AppError(f"{project.app} did not start", hint="the log above says why")


def supervise(project: Project, sock: socket.socket, log_level: str) -> None:
    """Serve a project that was entered, anew after each change of a file of its package.

    Args:
        project: The project.
        sock: What to listen on; it stays open between the servers.
        log_level: The least severe level that is logged.
    """
    import uvicorn
    from uvicorn.supervisors import ChangeReload

    # Whoever edits a file wants the new one now, not after the episodes in progress.
    os.environ.setdefault("OPENENV_DRAIN_TIMEOUT_S", "0")
    config = uvicorn.Config(project.app, reload=True, reload_dirs=[str(project.package_dir)], log_level="warning")
    ChangeReload(config, target=partial(_serve_once, console.settings, project, log_level), sockets=[sock]).run()


def load_app(project: Project) -> Any:
    """Import a project's app.

    Args:
        project: A project that was entered.

    Returns:
        The ASGI app.

    Raises:
        AppError: It cannot be imported. The user's own frames are printed before.
    """
    module_name, _, attribute = project.app.partition(":")
    try:
        module = import_module(module_name)
    except OpenEnvError:
        raise
    except (Exception, SystemExit) as error:
        for line in own_frames(error, project.root).splitlines():
            console.detail(line)
        what = f"cannot import {project.app}: {type(error).__name__}: {error}"
        raise AppError(what, hint=_import_hint(error, project)) from error
    try:
        app = reduce(getattr, attribute.split("."), module)
    except AttributeError:
        raise AppError(f"{module_name} has no '{attribute}'", hint=_NAMED_BY) from None
    if not callable(app):
        raise AppError(f"{project.app} is of type {type(app).__name__}, not an app", hint="create_app(…) makes one")
    return app


def _import_hint(error: BaseException, project: Project) -> str:
    """Say what to do about an app that cannot be imported."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and f"{project.app.partition(':')[0]}.".startswith(f"{missing}."):
        return f"{_NAMED_BY}; modules are looked for in {project.import_path}"
    install = install_hint(missing, project.package, project.root) if missing else None
    return install or "the lines above show where; python's own traceback comes with --debug"


def own_frames(error: BaseException, root: Path) -> str:
    """Show where an error happened, as a traceback of the frames in one folder only.

    Args:
        error: The error.
        root: The folder; virtual environments below it do not count.

    Returns:
        The frames and, for a syntax error, the line that is wrong; empty where no frame lies in the folder.
    """
    shown = traceback.TracebackException.from_exception(error)
    lines = traceback.format_list([frame for frame in shown.stack if is_own(frame.filename, root)])
    if isinstance(error, SyntaxError):
        lines += list(shown.format_exception_only())[:-1]
    return "".join(lines)


def _serve_once(settings: console.Settings, project: Project, log_level: str, sockets: list[socket.socket]) -> None:
    """Be the child of a supervisor."""
    console.settings = settings
    enter(project)
    sys.exit(console.run(lambda: serve(project, sockets[0], log_level)))


def announce(project: Project, base_url: str) -> None:
    """Say where a project is served.

    Args:
        project: The project.
        base_url: Where.
    """
    manifest = project.manifest
    console.out(f"{manifest.name} {manifest.version or ''}".rstrip() + f" listens on {base_url}")
    console.out(f"  docs      {base_url}/docs")
    console.out(f"  sessions  {base_url.replace('http', 'ws', 1)}/ws")
    console.note("Ctrl-C stops it")


def warn_of_strangers(host: str) -> None:
    """Say who can reach a server without a key, unless its address is one of this machine only."""
    from openenv.server.security import is_loopback_name

    if not is_loopback_name(host):
        console.warning(f"whoever reaches {host} can drive this environment; OPENENV_API_KEY=… asks for a key")
