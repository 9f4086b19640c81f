"""The other end of a process runner: one environment, one socket, until it is asked to close."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Awaitable
from typing import Any

from pydantic_core import from_json, to_json

from openenv.errors import OpenEnvError
from openenv.protocol import Dialect
from openenv.protocol.frames import FrameDecoder, Reply
from openenv.sessions.blueprint import Blueprint
from openenv.sessions.host import EnvironmentHost, error_reply


def main(channel: socket.socket, blueprint: Blueprint, dialect: Dialect, verbose: bool, memory_mb: int | None) -> None:
    """Play one environment until the server closes it or is gone.

    Args:
        channel: Requests come in and replies go out here.
        blueprint: How to make the environment.
        dialect: How results are laid out.
        verbose: Whether the text of foreign exceptions may be sent.
        memory_mb: How much memory this process may use, in MiB.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    os.setsid()  # a group of its own, to be killed with whatever it starts
    threading.Thread(target=_exit_with, args=(os.getppid(),), daemon=True).start()
    if memory_mb is not None:
        _limit_memory(memory_mb)
    loop = asyncio.new_event_loop()
    host = EnvironmentHost(blueprint, dialect, verbose=verbose)
    try:
        host.open()
    except OpenEnvError as error:
        _send(channel, error_reply(error, fatal=True))
        return
    _send(channel, Reply("opened", ""))
    decoder = FrameDecoder(dialect, blueprint.action_type)
    while message := _receive(channel):
        extras, _, frame = message.partition(b"\n")
        request = decoder.decode(frame.decode())
        if extras:
            request.extras = from_json(extras)
        _send(channel, _finish(loop, host.run(request)))
    _finish(loop, host.close())


def unpack_reply(message: bytes) -> Reply:
    """Read a reply that a worker sent."""
    header, _, body = message.partition(b"\n")
    kind, code, done, fatal, fault = from_json(header)
    return Reply(kind, body.decode(), code, done, fatal, fault)


def _pack_reply(reply: Reply) -> bytes:
    header = to_json([reply.kind, reply.code, reply.done, reply.fatal, reply.fault])
    return header + b"\n" + reply.body.encode()


def _send(channel: socket.socket, reply: Reply) -> None:
    message = _pack_reply(reply)
    channel.sendall(struct.pack(">I", len(message)) + message)


def _receive(channel: socket.socket) -> bytes:
    """Read one message; empty where the server asks to close, or is gone."""
    (length,) = struct.unpack(">I", _exactly(channel, 4) or bytes(4))
    return _exactly(channel, length)


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = channel.recv(count)
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _finish(loop: asyncio.AbstractEventLoop, outcome: Any) -> Any:
    return loop.run_until_complete(outcome) if isinstance(outcome, Awaitable) else outcome


def _limit_memory(megabytes: int) -> None:
    import resource  # not on Windows

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _exit_with(parent: int) -> None:
    """Leave when the server is gone, even in the middle of an endless step."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
