"""A virtual environment with what one project needs, and nothing of this process.

It is made once for the same content and kept, so that the second time needs no network. ``uv`` makes it where
that is on the path, else Python's own ``venv`` and ``pip``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from time import monotonic

from openenv.errors import OpenEnvError, ServerStartError
from openenv.file_lock import FileLock
from openenv.project.project import read_text
from openenv.project.pyproject import PYPROJECT_NAME, normalise, parse_pyproject
from openenv.providers.patience import Patience
from openenv.providers.surroundings import for_strangers
from openenv.version import DISTRIBUTION, STRANGERS

logger = logging.getLogger("openenv.providers")

_TAIL = 200
_SHOWN = 8
_CHUNK = 1 << 20
_PAUSE_S = 0.1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WHEELS = "wheels"
_REQUIREMENTS = ("server/requirements.txt", "requirements.txt")
_READY = "ready"
_OTHER_FOLDER = "make room there, or name another folder as XDG_CACHE_HOME"


class VirtualEnvError(ServerStartError):
    """What a project needs cannot be installed; ``data["log"]`` is what the installer printed."""

    advice = 'data["log"] is all that the installer printed; without a network, only what was installed before runs'


@dataclass(frozen=True)
class VirtualEnv:
    """A project, copied, beside an interpreter that can import what it needs.

    Attributes:
        home: The folder with both.
    """

    home: Path

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.home / "project"

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self._prefix / "bin" / "python"

    @property
    def distributions(self) -> frozenset[str]:
        """The names of all that is installed, as indexes compare them."""
        sites = [str(site) for site in self._prefix.glob("lib/python*/site-packages")]
        return frozenset(normalise(found.metadata["Name"]) for found in distributions(path=sites))

    @classmethod
    def of(cls, root: Path, name: str, patience: Patience) -> VirtualEnv:
        """Find or make the one for a project; several processes may ask for the same one at a time.

        Args:
            root: The project's folder; it is left as it is.
            name: What to call it in messages.
            patience: That of whoever waits for it.

        Returns:
            The virtual environment.

        Raises:
            VirtualEnvError: What the project needs cannot be installed, or clashes.
            ServerStartError: Nobody waits for it any longer.
        """
        found = cls(cache() / _key(root))
        try:
            if not found._is_ready:
                found.home.parent.mkdir(parents=True, exist_ok=True)
                with _alone(found.home.with_suffix(".lock"), name, patience):
                    if not found._is_ready:
                        found._make(root, name, patience)
        except OpenEnvError:
            raise  # which is an OSError too, where it is about a server
        except OSError as error:
            message = f"{name} cannot be installed into {cache()}: {error.strerror or error}"
            raise VirtualEnvError(message, {"log": ""}, hint=_OTHER_FOLDER) from error
        return found

    @property
    def _prefix(self) -> Path:
        return self.home / "venv"

    @property
    def _is_ready(self) -> bool:
        """Whether it was finished, and its interpreter is still there."""
        return (self.home / _READY).is_file() and self.python.exists()

    def _make(self, root: Path, name: str, patience: Patience) -> None:
        logger.info("%s: installing what it needs into %s, once", name, self.home)
        began = monotonic()
        shutil.rmtree(self.home, ignore_errors=True)  # what somebody has begun who was killed
        try:
            shutil.copytree(root, self.project)
            for command in self._commands(name):
                _run(command, name, patience)
            self._check(name)
            (self.home / _READY).touch()  # last: from now on others use it
        except BaseException:
            shutil.rmtree(self.home, ignore_errors=True)
            raise
        logger.info("%s: installed in %.0f s", name, monotonic() - began)

    def _commands(self, name: str) -> list[list[str]]:
        needed = _requirements(self.project, name)
        uv = shutil.which("uv")
        if uv is not None:
            make = [uv, "venv", "--quiet", "--python", sys.executable, str(self._prefix)]
            return [make, [uv, "pip", "install", "--python", str(self.python), *needed]]
        # Isolated (-I), neither imports what lies in the working directory.
        pip = [str(self.python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        return [[sys.executable, "-I", "-m", "venv", str(self._prefix)], [*pip, *needed]]

    def _check(self, name: str) -> None:
        """Refuse two runtimes in one place."""
        runtimes = sorted(self.distributions & {DISTRIBUTION, *STRANGERS})
        if DISTRIBUTION in runtimes and len(runtimes) > 1:
            message = f"{name} brings {' and '.join(runtimes)}, which overwrite each other's files"
            raise VirtualEnvError(message, {"log": ""}, hint="whoever made it has to decide for one of them")


def cache() -> Path:
    """The folder that virtual environments are kept in; whoever removes it frees the space, and no more."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "openenv" / "venvs"


@contextmanager
def _alone(path: Path, name: str, patience: Patience) -> Iterator[None]:
    """Keep other processes from installing the same thing; where one does, wait for it."""
    lock = FileLock(path)
    told = False
    while not lock.acquire():
        if not told:
            logger.info("%s: another process is installing it; waiting", name)
            told = True
        patience.pause(_PAUSE_S)
    try:
        yield
    finally:
        lock.release()


def _requirements(project: Path, name: str) -> list[str]:
    """Say, in the words of pip, what a project needs.

    The wheel of our runtime that it brings is installed by its path, and nothing ever looks ours up by name. One
    that depends on another runtime by name gets that one, and none of ours beside it.
    """
    wheels = project / _WHEELS
    brought = ["--find-links", str(wheels)] if wheels.is_dir() else []
    if (project / PYPROJECT_NAME).is_file():
        dependencies = parse_pyproject(read_text(project / PYPROJECT_NAME)).project.dependencies
        names = {normalise(found[0]) for each in dependencies if (found := _NAME.match(each))}
        runtimes = sorted(wheels.glob(f"{DISTRIBUTION.replace('-', '_')}-*.whl"))
        ours = [] if names & set(STRANGERS) else [str(wheel) for wheel in runtimes[-1:]]
        return [*brought, *ours, str(project)]
    for listed in _REQUIREMENTS:
        if (project / listed).is_file():
            return [*brought, "-r", str(project / listed)]
    raise VirtualEnvError(
        f"{name} does not say what it needs: it has neither {PYPROJECT_NAME} nor {' nor '.join(_REQUIREMENTS)}",
        {"log": ""},
        hint="its image has what it needs: leave provider out",
    )


def _run(command: list[str], name: str, patience: Patience) -> None:
    """Run an installer to its end."""
    said: deque[str] = deque(maxlen=_TAIL)
    with (
        subprocess.Popen(
            command,
            env=for_strangers(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
        patience.over(process),
    ):
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            logger.debug("%s: %s", name, line.rstrip())
    patience.check()
    if process.returncode:
        log = "\n".join(said)
        shown = "".join(f"\n  {line}" for line in [line for line in said if line.strip()][-_SHOWN:])
        message = f"what {name} needs cannot be installed ({Path(command[0]).name} ended with {process.returncode})"
        raise VirtualEnvError(f"{message}{shown}", {"log": log})


def _key(root: Path) -> str:
    """Name what will be installed: the content of all files, and the interpreter that is to run it."""
    digest = hashlib.sha256()
    for fact in (sys.version, sys.base_prefix, platform.machine()):
        digest.update(f"{fact}\0".encode())
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:32]
