"""A server that is killed cannot tidy up: those that it leaves behind do."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.processes import Fifo, server_process
from support.serving import until
from support.wire import v2


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "held")
    yield pipe
    pipe.close()


@pytest.mark.parametrize("sessions", [0, 2])
def test_no_process_and_no_file_outlives_a_killed_server(tmp_path: Path, pipes: Fifo, sessions: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))  # short enough for a socket below it
        variables = {"OPENENV_ISOLATION": "process", "TMPDIR": str(folder)}
        server = stack.enter_context(server_process(tmp_path / "server.log", **variables))
        with server.http() as http:
            http.get("/health")  # it has started
        for _ in range(sessions):
            client = stack.enter_context(v2(server.ws)).open()
            client.reset()
            assert client.step(2, "breed", name=pipes.path)["type"] == "observation"
        assert [path.name[:5] for path in folder.iterdir()] == ["pymp-"]
        server.signal(signal.SIGKILL)
        assert server.exit_code() == -signal.SIGKILL
        until(lambda: not list(folder.iterdir()))
        if sessions:
            assert pipes.read() == ""
