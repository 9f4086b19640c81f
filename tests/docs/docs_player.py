"""Plays pages: runs their blocks one after the other, as a reader would who types them.

``python tests/docs/docs_player.py docs/quickstart.md [MORE …] [--in FOLDER]``

Python runs twice: as a script, and inside a running event loop, as in a notebook. All blocks
share one namespace each way. Shell commands run in the folder that ``cd`` has led to. A command that
serves runs on until the end, on a free port that takes the place of the documented one; then it is
told to stop, and must do so by itself.
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
        try:
            self.wait_for(_ADDRESS)
        except PageError:
            self._process.kill()
            self._process.wait()
            raise
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
    """Runs blocks of pages.

    Args:
        folder: Where the first page begins.
        loop: The event loop for Python that runs in one.
    """

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._folder = folder
        self._loop = loop
        self._script: dict[str, Any] = {"__name__": "__main__"}
        self._notebook: dict[str, Any] = {"__name__": "__main__"}
        self._servers: dict[str, Server] = {}
        self._printed = ""
        self._last: Server | None = None
        tools = str(Path(sys.executable).parent)
        self._environ = {**os.environ, "PATH": tools + os.pathsep + os.environ["PATH"], "COLUMNS": "100"}

    def play(self, blocks: list[Block]) -> None:
        """Run blocks in order."""
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            expected = after if after is not None and after.use is Use.OUTPUT else None
            try:
                if block.use is Use.WRITE:
                    path = self._folder / block.note
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.text + "\n", encoding="utf-8")
                elif block.use is Use.RUN:
                    self._run_and_compare(block, expected)
            except BaseException as error:
                raise PageError(f"{block.page}:{block.line}: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Stop all servers."""
        while self._servers:
            self._servers.popitem()[1].stop()

    def _run_and_compare(self, block: Block, expected: Block | None) -> None:
        if block.language == "sh":
            self._shell(block)
            self._compare(expected)
            return
        if not block.needs_loop:
            self._python(block, in_loop=False)
            self._compare(expected)
        if not block.needs_no_loop:
            self._python(block, in_loop=True)
            self._compare(expected)

    def _python(self, block: Block, *, in_loop: bool) -> None:
        # Empty lines in front, so that a traceback names the line of the page.
        source = "\n" * block.line + self._rewritten(block.text)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if in_loop else 0
        code = compile(source, block.page, "exec", flags=flags, dont_inherit=True)
        self._last = None
        os.chdir(self._folder)
        stream = io.StringIO()
        try:
            with contextlib.redirect_stdout(stream):
                if in_loop:
                    self._loop.run_until_complete(self._cell(code))
                else:
                    exec(code, self._script)
        finally:
            self._printed = stream.getvalue()

    async def _cell(self, code: CodeType) -> None:
        outcome = eval(code, self._notebook)
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

    def _compare(self, expected: Block | None) -> None:
        """Compare what was printed with the block that says so, if there is one."""
        if expected is None:
            return
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
    return re.compile("".join(lines) + "\n*")


def _tidied(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def main() -> None:
    """Play the pages that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--in", dest="folder", type=Path, help="where to run; a temporary folder where left out")
    options = parser.parse_args()
    sys.path.insert(0, "")
    with contextlib.ExitStack() as leaving:
        folder = options.folder or Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        loop = leaving.enter_context(contextlib.closing(asyncio.new_event_loop()))
        player = Player(folder.resolve(), loop)
        leaving.callback(player.close)
        for page in options.pages:
            player.play(blocks_of(page.resolve()))


if __name__ == "__main__":
    main()
