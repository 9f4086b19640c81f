"""A server that nobody waits for any more is stopped while it starts, not once it has started."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from support.processes import Fifo
from support.puppets import PATIENCE_S

import openenv
from openenv.client import GenericEnvClient
from openenv.errors import ConnectError
from openenv.providers import ProcessProvider


class Reluctant:
    """A provider that starts for as long as nobody stops it."""

    def __init__(self) -> None:
        self.starting = threading.Event()
        self.stopped = threading.Event()
        self.stopped_in_time: bool | None = None

    def start(self) -> str:
        self.starting.set()
        self.stopped_in_time = self.stopped.wait(PATIENCE_S)
        raise ConnectError("stopped while it started")

    def stop(self) -> None:
        self.stopped.set()


@pytest.mark.parametrize("sessions", [1, 3])
def test_a_server_that_is_given_up_while_it_starts_is_stopped_at_once(sessions: int) -> None:
    provider = Reluctant()
    client = GenericEnvClient(provider=provider)

    async def give_up() -> None:
        connect = client.connect if sessions == 1 else openenv.pool(client, sessions).connect
        connecting = asyncio.ensure_future(connect())
        await asyncio.get_running_loop().run_in_executor(None, provider.starting.wait)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting

    asyncio.run(give_up())
    assert provider.stopped_in_time


STARTING = """
import sys
sys.path[:0] = {paths!r}
import signal
from openenv.client import GenericEnvClient
from openenv.providers import ProcessProvider
signal.signal(signal.SIGINT, signal.default_int_handler)
with GenericEnvClient(provider=ProcessProvider("asleep:app", app_dir={folder!r}, startup_timeout_s=600)):
    pass
"""
ASLEEP = """
import os, time
held = open(os.environ["FIFO"], "w")
held.write("importing")
held.flush()
time.sleep(600)
"""


def test_ctrl_c_in_a_script_whose_server_starts_ends_both(tmp_path: Path) -> None:
    (tmp_path / "asleep.py").write_text(ASLEEP, encoding="utf-8")
    code = STARTING.format(paths=sys.path, folder=str(tmp_path))
    with closing(Fifo(tmp_path / "fifo")) as fifo:
        environ = {**os.environ, "FIFO": fifo.path}
        with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, env=environ) as script:
            try:
                assert fifo.read() == "importing"
                script.send_signal(signal.SIGINT)
                _, errors = script.communicate(timeout=PATIENCE_S)
            finally:
                script.kill()
        assert errors.rstrip().endswith(b"KeyboardInterrupt")
        assert fifo.read() == ""  # nobody holds it any more


def test_a_server_that_is_stopped_by_another_thread_while_it_starts_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "asleep.py").write_text(ASLEEP, encoding="utf-8")
    with closing(Fifo(tmp_path / "fifo")) as fifo:
        provider = ProcessProvider(
            "asleep:app", app_dir=tmp_path, env_vars={"FIFO": fifo.path}, startup_timeout_s=PATIENCE_S
        )

        def stop() -> None:
            fifo.read()
            provider.stop()

        stopping = threading.Thread(target=stop)
        stopping.start()
        with pytest.raises(ConnectError, match="the server of asleep:app ended"):
            provider.start()
        stopping.join()
