"""The two packages that import as ``openenv``, each as an interpreter that serves and plays."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PATIENCE_S = 120


@dataclass(frozen=True)
class Side:
    """One of the two packages.

    Both import as ``openenv``, and a path or a working folder can put one in the other's place without a word.
    So every process runs outside the tree with a path of its own, and what it plays or serves proves which it is.
    """

    python: str
    kit: bool

    @property
    def environment(self) -> dict[str, str]:
        """Variables in which this interpreter finds its own package."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return {**inherited, "PYTHONPATH": str(ROOT)} if self.kit else inherited

    def run(self, *arguments: str, folder: Path = HERE) -> str:
        """Run its interpreter to the end and return what it printed."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def play(self, what: str, url: str, project: Path | None = None) -> list[Any]:
        """Play with one of its clients, and return all that the client returned."""
        answer = json.loads(self.run(str(HERE / "plays.py"), what, url, *([] if project is None else [str(project)])))
        assert answer["kit"] is self.kit, "the other package was imported"
        return list(answer["record"])

    @contextmanager
    def serve(self, app: str, folder: Path) -> Iterator[str]:
        """Serve an app from its folder, as a URL."""
        with create_server(("127.0.0.1", 0)) as listener:
            host, port = listener.getsockname()
            module = "openenv.server" if self.kit else "uvicorn"
            command = [self.python, "-m", module, app, "--fd", str(listener.fileno()), "--log-level", "error"]
            process = subprocess.Popen(command, cwd=folder, env=self.environment, pass_fds=[listener.fileno()])
        try:
            # Only ours has this route; it is answered once the server is up.
            assert (_status(host, port, "/ready") == 200) is self.kit, "the other package serves"
            yield f"http://{host}:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _status(host: str, port: int, path: str) -> int:
    connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status
