"""Synchronous calls, which wait for a loop in another thread."""

from __future__ import annotations

import signal
import subprocess
import sys

from support.puppets import PATIENCE_S

INTERRUPTED = """
import sys
sys.path[:0] = {paths!r}
import asyncio, signal
from openenv.client.background import run_blocking
signal.signal(signal.SIGINT, signal.default_int_handler)

async def go_on() -> None:
    print("begun", flush=True)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await asyncio.get_running_loop().run_in_executor(None, print, "tidied up")

try:
    run_blocking(go_on())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_who_is_interrupted_waits_until_what_ran_has_tidied_up() -> None:
    command = [sys.executable, "-c", INTERRUPTED.format(paths=sys.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        begun = script.stdout.readline()
        script.send_signal(signal.SIGINT)
        rest, errors = script.communicate(timeout=PATIENCE_S)

    assert (begun + rest).split("\n") == ["begun", "tidied up", "interrupted", ""]
    assert errors == ""
