"""Plays a page: runs its blocks one after the other, as a reader would who types them.

``python tests/docs/docs_player.py docs/quickstart.md [--loop] [--in FOLDER]``

All Python blocks share one namespace. Shell commands run in the folder that ``cd`` has led to. A command
that serves runs on until the page ends, on a free port that takes the place of the documented one; then
it is told to stop, and must do so by itself. With ``--loop`` Python runs inside an event loop, as in a
notebook.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import CodeType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from docs_blocks import Block, Use, blocks_of

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0

_SERVES = re.compile(r"^(?:\w+=\S+ )*(?:openenv serve|python -m openenv\.server|uvicorn)\b")
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)")
_DOCUMENTED = re.compile(r"\b(localhost|127\.0\.0\.1):(\d+)")


class PageError(AssertionError):
    """A block does not do what the page says."""


class Server:
    """A command that serves until it is stopped.

    Args:
        command: The command.
        folder: Where to run it.
        environ: Its variables.
    """

    def __init__(self, command: str, folder: Path, environ: dict[str, str]) -> None:
        self.command = command
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"],
            cwd=folder,
            env=environ,
            text=True,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for(_ADDRESS)
        address = _ADDRESS.search(self.printed)
        assert address is not None
        self.port = address[1]

    @property
    def printed(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)

    def wait_for(self, pattern: re.Pattern[str]) -> None:
        """Wait until it has printed something."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: pattern.search(self.printed) or not self._reader.is_alive(), START_TIMEOUT_S
            )
            if not (found and pattern.search(self.printed)):
                raise PageError(f"{self.command}: expected {pattern.pattern!r} in:\n{self.printed}")

    def stop(self) -> None:
        """Tell it to stop, as Ctrl-C would."""
        self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise PageError(f"{self.command}: does not stop:\n{self.printed}") from None
        self._reader.join()
        if code not in (0, 130):
            raise PageError(f"{self.command}: ended with {code}:\n{self.printed}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


class Player:
    """Runs the blocks of one page.

    Args:
        folder: Where the page begins.
        loop: The event loop in which Python runs, if any.
    """

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._folder = folder
        self._loop = loop
        self._namespace: dict[str, Any] = {"__name__": "__main__"}
        self._servers: dict[str, Server] = {}
        self._printed = ""
        self._last: Server | None = None
        tools = str(Path(sys.executable).parent)
        self._environ = {**os.environ, "PATH": tools + os.pathsep + os.environ["PATH"], "COLUMNS": "100"}

    def play(self, blocks: list[Block]) -> int:
        """Run blocks in order; returns how many were run."""
        played = 0
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            try:
                played += self._play(block)
            except BaseException as error:
                raise PageError(f"{block.page}:{block.line}: {type(error).__name__}: {error}") from error
            if block.use is Use.RUN and after is not None and after.use is Use.OUTPUT and self._plays(block):
                self._compare(after)
        return played

    def _plays(self, block: Block) -> bool:
        return not (block.needs_loop if self._loop is None else block.needs_no_loop)

    def _play(self, block: Block) -> bool:
        if block.use is Use.WRITE:
            path = self._folder / block.note
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + "\n", encoding="utf-8")
        if block.use is not Use.RUN or not self._plays(block):
            return False
        if block.language == "sh":
            self._shell(block)
        else:
            self._python(block)
        return True

    def close(self) -> None:
        """Stop all servers."""
        while self._servers:
            self._servers.popitem()[1].stop()

    def _python(self, block: Block) -> None:
        # Empty lines in front, so that a traceback names the line of the page.
        source = "\n" * block.line + self._rewritten(block.text)
        flags = 0 if self._loop is None else ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(source, block.page, "exec", flags=flags, dont_inherit=True)
        self._last = None
        os.chdir(self._folder)
        stream = io.StringIO()
        try:
            with contextlib.redirect_stdout(stream):
                if self._loop is None:
                    exec(code, self._namespace)
                else:
                    self._loop.run_until_complete(self._cell(code))
        finally:
            self._printed = stream.getvalue()

    async def _cell(self, code: CodeType) -> None:
        outcome = eval(code, self._namespace)
        if isinstance(outcome, Coroutine):
            await outcome

    def _shell(self, block: Block) -> None:
        self._printed, self._last = "", None
        for command in block.text.replace("\\\n", " ").splitlines():
            command = self._rewritten(command.split(" #")[0].strip())
            if command.startswith("cd "):
                self._folder = (self._folder / shlex.split(command)[1]).resolve()
            elif command.startswith("export "):
                name, _, value = shlex.split(command)[1].partition("=")
                self._environ[name] = value
            elif _SERVES.match(command):
                self._serve(command)
            elif command:
                self._run(command)

    def _serve(self, command: str) -> None:
        found = re.search(r"--port (\d+)", command)
        documented = found[1] if found else "8000"
        if documented in self._servers:
            self._servers.pop(documented).stop()
        command = re.sub(r"--port \d+", "--port 0", command) if found else f"{command} --port 0"
        self._last = Server(command, self._folder, self._environ)
        self._servers[documented] = self._last

    def _run(self, command: str) -> None:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environ,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._printed += done.stdout
        if done.returncode != 0:
            raise PageError(f"{command}: ended with {done.returncode}:\n{self._printed}")

    def _rewritten(self, text: str) -> str:
        """Put the real port in the place of the documented one."""

        def real(match: re.Match[str]) -> str:
            server = self._servers.get(match[2])
            return f"{match[1]}:{server.port if server else match[2]}"

        return _DOCUMENTED.sub(real, text)

    def _compare(self, expected: Block) -> None:
        """Compare what was printed with the block that says so."""
        pattern = _pattern(self._rewritten(expected.text))
        if self._last is not None:
            self._last.wait_for(pattern)
        elif not pattern.fullmatch(_tidied(self._printed)):
            where = f"{expected.page}:{expected.line}"
            raise PageError(f"{where}: the page shows\n{expected.text}\nbut this was printed:\n{self._printed}")


def _pattern(text: str) -> re.Pattern[str]:
    """Make a pattern of expected output: a line of ``…`` stands for any lines, else it stands within one."""
    lines = [
        "(?:.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", ".*") + "\n"
        for line in text.splitlines()
    ]
    return re.compile("".join(lines))


def _tidied(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def main() -> None:
    """Play the page that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=Path)
    parser.add_argument("--loop", action="store_true", help="run Python inside an event loop")
    parser.add_argument("--in", dest="folder", type=Path, help="where to run; a temporary folder where left out")
    options = parser.parse_args()
    blocks = blocks_of(options.page.resolve())
    sys.path.insert(0, "")
    with contextlib.ExitStack() as leaving:
        folder = options.folder or Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        loop = leaving.enter_context(contextlib.closing(asyncio.new_event_loop())) if options.loop else None
        player = Player(folder.resolve(), loop)
        leaving.callback(player.close)
        print(f"{player.play(blocks)} blocks")


if __name__ == "__main__":
    main()
