"""The keeper, seen from the server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from openenv.errors import ExecutionError
from openenv.sandbox import kernel
from openenv.sandbox.isolation import Isolation
from openenv.sandbox.limits import Limits

_ROOT = str(Path(__file__).parents[2])
_BEGIN = """
import sys
sys.path[:] = [sys.argv[1], *filter(None, sys.path)]  # first, or another openenv would be found
from openenv.sandbox.keeper import main
del sys.path[0]
main(int(sys.argv[2]), *sys.argv[3:])
"""
_KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
"""What the code inherits of the server's environment: nothing that could be a secret."""
_SET = {
    "OMP_NUM_THREADS": "1",  # numpy would start a thread for each core
    "PYTHONHASHSEED": "0",  # sets of texts have the same order in each episode
}
_LONGEST_LINE = 65_536


class SandboxError(ExecutionError):
    """A sandbox could not be set up, or its keeper is gone."""

    advice = "the server's log says more; restart() sets the sandbox up anew"


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes:
        status: Its exit code, or minus the signal that killed it.
        reason: Which limit the keeper killed it for, if it did.
    """

    status: int
    reason: str | None


class Keeping:
    """Starts a keeper and speaks with it.

    Args:
        limits: What the code may use.
        hidden: Folders that it is not to read.

    Raises:
        SandboxError: No keeper comes to life.
    """

    def __init__(self, limits: Limits, hidden: Sequence[Path]) -> None:
        self._folder = tempfile.mkdtemp(prefix="openenv-sandbox-")
        self._channel, theirs = socket.socketpair()
        self._buffer = bytearray()
        with theirs:
            arguments = [_ROOT, str(theirs.fileno()), self._folder, json.dumps(asdict(limits)), *map(str, hidden)]
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-X", "utf8", "-c", _BEGIN, *arguments],
                env=_environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which ends this one
            )
        self.isolation = Isolation(**self._answer("ready")["ready"])
        if self.isolation.processes == "descendants":  # nothing else keeps the code from reading the server's memory
            kernel.forbid_inspection()

    def fileno(self) -> int:
        """Give what can be read once a worker has ended."""
        return self._channel.fileno()

    def start(self, descriptors: list[int]) -> None:
        """Start a worker with a socket, its standard output and its standard error."""
        self._send(b"s", descriptors)
        self._answer("started")

    def ending(self) -> Ending:
        """Wait until the worker has ended by itself."""
        answer = self._answer("ended")
        return Ending(answer["ended"], answer["reason"])

    def kill(self) -> Ending:
        """Kill the worker and all that it started."""
        self._send(b"k")
        return self.ending()

    def clear(self) -> None:
        """Remove the files."""
        self._send(b"c")
        self._answer("cleared")

    def close(self) -> None:
        """End the keeper, the worker and all that it started; their files go too."""
        self._channel.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)  # where somebody has killed the keeper

    def _send(self, order: bytes, descriptors: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._channel, [order], descriptors or [])
        except OSError as error:
            raise self._lost() from error

    def _answer(self, kind: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line())
        if "failed" in answer:
            self.close()
            raise SandboxError(answer["failed"], hint="install Python and its packages where every user can read them")
        return answer if kind in answer else self._answer(kind)

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            try:
                data = self._channel.recv(_LONGEST_LINE)
            except ConnectionResetError:
                data = b""
            if not data:
                raise self._lost()
            self._buffer += data
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        return line

    def _lost(self) -> SandboxError:
        self.close()
        return SandboxError(f"the sandbox's keeper has ended (exit status {self._process.returncode})")


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    return {"PATH": path, **_SET, **{name: os.environ[name] for name in _KEPT if name in os.environ}}
