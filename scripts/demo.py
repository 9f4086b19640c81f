"""From nothing to a played and validated episode, with the commands and the clients that a user would use.

``make demo`` runs it. It works in a temporary folder and leaves nothing behind, no server either.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

OPENENV = Path(sys.executable).with_name("openenv")
MESSAGES = ("hello", "anybody there?", "bye")
STOP_S = 30
DIRECT = build_opener(ProxyHandler({}))
"""Asks this machine itself, also where a proxy is set for everything else."""


def main() -> None:
    """Make, serve, play and validate an environment; raise if any of it does not work."""
    with tempfile.TemporaryDirectory(prefix="openenv-demo-") as folder:
        openenv("init", "my-env", cwd=folder)
        with serving("my-env", cwd=folder) as url:
            sys.path.insert(0, str(Path(folder, "my-env")))
            my_env = import_module("my_env")
            play_async(my_env, url)
            announce(f"with MyEnv(base_url={url!r}) as env: …")
            play_sync(my_env.MyEnv(base_url=url), my_env)
        announce("with MyEnv.in_process(MyEnvironment) as env: …")
        environment = import_module("my_env.server.environment").MyEnvironment
        play_sync(my_env.MyEnv.in_process(environment), my_env)
        openenv("validate", "my-env", cwd=folder)
    print("\nThat was everything: nothing is left running, and the folder is gone.")


def play_async(my_env: ModuleType, url: str) -> None:
    """Play an episode with the asynchronous client."""

    async def episode() -> None:
        async with my_env.MyEnv(base_url=url) as env:
            await env.reset(seed=1)
            for message in MESSAGES:
                result = await env.step(my_env.MyAction(message=message))
                show(message, result)
        check_end(result)

    announce(f"async with MyEnv(base_url={url!r}) as env: …")
    asyncio.run(episode())


def play_sync(env: Any, my_env: ModuleType) -> None:
    """Play an episode with the synchronous client, wherever it leads to."""
    with env:
        env.reset(seed=1)
        for message in MESSAGES:
            result = env.step(my_env.MyAction(message=message))
            show(message, result)
    check_end(result)


def show(message: str, result: Any) -> None:
    """Print what was said and what came of it."""
    print(f"  {message!r} -> {result.observation.message!r}, reward {result.reward}, done {result.done}", flush=True)


def check_end(result: Any) -> None:
    """Insist that the last message has ended the episode."""
    if not result.terminated:
        raise RuntimeError(f"{MESSAGES[-1]!r} should have ended the episode")


@contextmanager
def serving(project: str, cwd: str) -> Iterator[str]:
    """Serve a project on a free port, and see to it that the server is gone afterwards."""
    command = [str(OPENENV), "serve", project, "--port", "0"]
    announce(f"openenv serve {project} --port 0")
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            lines = [server.stdout.readline() for _ in range(3)]
            print(*lines, sep="", end="", flush=True)
            url = lines[0].split()[-1]
            with DIRECT.open(f"{url}/health", timeout=STOP_S) as response:
                print(f"{url}/health: {response.read().decode()}", flush=True)
            yield url
            announce("Ctrl-C")
            server.send_signal(signal.SIGINT)
            code = server.wait(STOP_S)
        finally:
            server.kill()
    if code != 0 or answers(url):
        raise RuntimeError(f"the server did not stop as it should (exit code {code})")
    print("the server has stopped", flush=True)


def answers(url: str) -> bool:
    """Whether anybody still answers there."""
    try:
        DIRECT.open(f"{url}/health", timeout=STOP_S).close()
    except URLError:
        return False
    return True


def openenv(*arguments: str, cwd: str) -> None:
    """Run a command as a user would, and show it."""
    announce(" ".join(("openenv", *arguments)))
    subprocess.run([OPENENV, *arguments], cwd=cwd, check=True)


def announce(what: str) -> None:
    """Print what is done next."""
    print(f"\n$ {what}", flush=True)


if __name__ == "__main__":
    main()
