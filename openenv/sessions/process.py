"""Runs an environment in a process of its own: a crash there ends that session and nothing else."""

from __future__ import annotations

import asyncio
import atexit
import multiprocessing
import os
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from typing import Any, cast

from pydantic_core import from_json, to_json

from openenv.errors import EnvironmentCrashedError, EnvironmentTraceback, ExecutionError, OpenEnvError
from openenv.protocol import Dialect
from openenv.protocol.faults import error_from_wire
from openenv.protocol.frames import Reply, Request
from openenv.sessions import nursery, worker
from openenv.sessions.blueprint import Blueprint
from openenv.sessions.host import error_reply
from openenv.sessions.runners import Done

_LAST_WORDS_S = 1.0
"""How long to wait for what a process wrote before it ended, where something else keeps its socket open."""


class WorkerPool:
    """Starts worker processes, and remembers them so that none is left behind.

    Args:
        blueprint: What each of them plays.
        memory_limit_mb: How much memory each may use, in MiB.
    """

    def __init__(self, blueprint: Blueprint, memory_limit_mb: int | None) -> None:
        self._blueprint = blueprint
        self._memory_limit_mb = memory_limit_mb
        self._workers: set[BaseProcess] = set()
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")

    def prepare(self) -> None:
        """Start the process that the others are forked from, with the environment's module loaded there."""
        if self._context.get_start_method() == "forkserver":
            modules = [nursery.__name__, self._blueprint.factory.__module__, worker.__name__]
            self._context.set_forkserver_preload(modules)
            os.environ[nursery.FOLDER_VARIABLE] = get_temp_dir()
            try:
                forkserver.ensure_running()
            finally:
                del os.environ[nursery.FOLDER_VARIABLE]

    def start(self, channel: socket.socket, dialect: Dialect, verbose: bool) -> BaseProcess:
        """Start one; blocks for as long as a fork takes."""
        arguments = (channel, self._blueprint, dialect, verbose, self._memory_limit_mb)
        process: BaseProcess = self._context.Process(target=worker.main, args=arguments, name="openenv-worker")
        if not self._workers:
            atexit.register(self.stop)
        process.start()
        self._workers.add(process)
        return process

    def bury(self, process: BaseProcess) -> None:
        """Take leave of a process that has ended, and kill what it left behind."""
        _kill_group(process)
        process.join()
        self._workers.discard(process)

    def stop(self) -> None:
        """Kill all that are left."""
        for process in list(self._workers):
            kill(process)
            self.bury(process)
        atexit.unregister(self.stop)


def kill(process: BaseProcess) -> None:
    """Kill a worker and whatever it started."""
    if not _kill_group(process):  # it has not made its own group yet
        process.kill()


def _kill_group(process: BaseProcess) -> bool:
    assert process.pid is not None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


class ProcessRunner:
    """Plays an environment in a worker process.

    Args:
        workers: Where processes come from.
        dialect: How results are laid out.
        verbose: Whether the text of foreign exceptions may be sent.
    """

    def __init__(self, workers: WorkerPool, dialect: Dialect, *, verbose: bool) -> None:
        self._workers = workers
        self._dialect = dialect
        self._verbose = verbose
        self._process: BaseProcess | None = None
        self._channel: _Channel | None = None
        self._life: asyncio.Task[None] | None = None
        self._expecting: deque[Done] = deque()
        """Who gets the next messages: the process answers one after the other."""
        self._doomed = False
        self._ended: Reply | None = None

    async def open(self) -> None:
        """Start the process and make the environment there."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        try:
            _, self._channel = await loop.create_connection(lambda: _Channel(self._received), sock=ours)
        except BaseException:  # whoever wanted the session is gone already
            theirs.close()
            raise
        if self._doomed:
            self._channel.close()
            theirs.close()
            raise EnvironmentCrashedError("the environment was closed before its process was started")
        opened: asyncio.Future[Reply] = loop.create_future()
        self._expecting.append(_into(opened))
        self._life = loop.create_task(self._live(self._channel, theirs))
        reply = await opened
        if reply.kind == "error":
            told = EnvironmentTraceback(reply.fault) if reply.fault else None
            raise error_from_wire(from_json(reply.body)) from told

    def submit(self, request: Request, done: Done) -> None:
        """Send a request to the process."""
        if self._ended is not None:
            done(self._ended)
            return
        assert self._channel is not None, "expected an open runner"
        self._expecting.append(done)
        extras = to_json(dict(request.extras)) if request.extras else b""
        self._channel.send(extras + b"\n" + request.raw.encode())

    def cancel(self) -> None:
        """Kill the process."""
        self._doomed = True
        if self._process is not None and self._ended is None:
            kill(self._process)

    async def close(self) -> None:
        """Have the environment closed, and wait until the process and all that it started are gone."""
        if self._life is None or self._channel is None:
            self._doomed = True
            return
        closed: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._expecting.append(_into(closed))
        self._channel.send(b"")
        await asyncio.shield(self._life)
        reply = closed.result() if closed.done() else None
        if reply is not None and reply.kind == "closed" and reply.fault:
            raise ExecutionError("closing the environment failed") from EnvironmentTraceback(reply.fault)

    async def _live(self, channel: _Channel, theirs: socket.socket) -> None:
        """See the process from its first moment to its last."""
        loop = asyncio.get_running_loop()
        try:
            self._process = await loop.run_in_executor(None, self._start, theirs)
        except Exception as error:
            self._end(EnvironmentCrashedError(f"no process could be started: {error}"))
        else:
            if self._doomed:
                kill(self._process)
            await _readable(self._process.sentinel)
            self._workers.bury(self._process)
            await asyncio.wait([channel.lost], timeout=_LAST_WORDS_S)  # what it said before it went
            self._end(self._crashed(self._process.exitcode))
        channel.close()

    def _start(self, channel: socket.socket) -> BaseProcess:
        try:
            return self._workers.start(channel, self._dialect, self._verbose)
        finally:
            channel.close()

    def _received(self, message: bytes) -> None:
        if self._expecting:  # an environment that forks itself may answer twice
            self._expecting.popleft()(worker.unpack_reply(message))

    def _end(self, error: OpenEnvError) -> None:
        reply = self._ended = error_reply(error, fatal=True, fault=error.message)
        while self._expecting:
            self._expecting.popleft()(reply)

    def _crashed(self, code: int | None) -> OpenEnvError:
        how = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit status {code})"
        return EnvironmentCrashedError(f"the environment's process died{how}", {"exit_status": code})


def _into(answer: asyncio.Future[Reply]) -> Done:
    return lambda reply: None if answer.done() else answer.set_result(reply)


async def _readable(descriptor: int) -> None:
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)


class _Channel(asyncio.Protocol):
    """Messages over a socket, each behind its length."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from(">I", self._buffer)
            if len(self._buffer) < 4 + length:
                return
            message = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            self._receive(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)

    def send(self, message: bytes) -> None:
        if not self.lost.done():
            self._transport.write(struct.pack(">I", len(message)) + message)

    def close(self) -> None:
        self._transport.close()
