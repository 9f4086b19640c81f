"""Servers in processes of their own, for what only a real process shows: signals and exit codes."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support.puppets import PATIENCE_S

TESTS = Path(__file__).parents[1]


class ServerProcess:
    """``python -m openenv.server`` on a socket that is bound before it starts, so nobody waits for a port."""

    def __init__(self, log: Path, *options: str, pass_fds: tuple[int, ...] = (), **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.address = f"127.0.0.1:{listening.getsockname()[1]}"
            command = [sys.executable, "-m", "openenv.server", "support.served_app:app", "--app-dir", str(TESTS)]
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    [*command, "--fd", str(listening.fileno()), *options],
                    pass_fds=(listening.fileno(), *pass_fds),
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables},
                    stderr=output,
                    stdout=output,
                )
        self._log = log

    @property
    def ws(self) -> str:
        """Where its WebSocket is."""
        return f"ws://{self.address}/ws"

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text(encoding="utf-8")

    def http(self) -> httpx.Client:
        """A plain HTTP client."""
        return httpx.Client(base_url=f"http://{self.address}", trust_env=False, verify=False, timeout=PATIENCE_S)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for its end."""
        return self._process.wait(PATIENCE_S)

    def end(self) -> None:
        """Make sure that it is gone."""
        self._process.kill()
        self._process.wait()


@contextmanager
def server_process(
    log: Path, *options: str, pass_fds: tuple[int, ...] = (), **variables: str
) -> Iterator[ServerProcess]:
    """Run such a server for the length of a block; its log must hold no traceback."""
    server = ServerProcess(log, *options, pass_fds=pass_fds, **variables)
    try:
        yield server
    finally:
        server.end()
    assert "Traceback" not in server.log, server.log


class Fifo:
    """A named pipe: a message, or a sign of life of those who hold it open."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> str:
        """Wait for what somebody says, or, where nobody holds it any more, for nothing."""
        ready, _, _ = select.select([self._reader], [], [], PATIENCE_S)
        assert ready, "somebody still holds the pipe"
        return os.read(self._reader, 100).decode()

    def close(self) -> None:
        os.close(self._reader)


TERM, INT = signal.SIGTERM, signal.SIGINT
