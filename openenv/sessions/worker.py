"""The other end of a process runner: one environment, one socket, until it is asked to close."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import struct
import threading
import time

from pydantic_core import from_json, to_json

from openenv.errors import OpenEnvError
from openenv.protocol import Dialect
from openenv.protocol.frames import FrameDecoder, Reply, Request
from openenv.sessions.blueprint import Blueprint
from openenv.sessions.failures import traceback_of
from openenv.sessions.host import EnvironmentHost, error_reply
from openenv.sessions.loop import OwnLoop

_GRACE_S = 2.0
"""How long an environment has to close after the server is gone."""


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
    threading.Thread(target=_follow_server, daemon=True).start()
    if memory_mb is not None:
        _limit_memory(memory_mb)
    loop = OwnLoop()
    host = EnvironmentHost(blueprint, dialect, verbose=verbose)
    try:
        host.open()
    except OpenEnvError as error:
        _send(channel, error_reply(error, fatal=True, fault=traceback_of(error)))
        return
    _send(channel, Reply("opened", ""))
    decoder = FrameDecoder(dialect, blueprint.action_type)
    while message := _receive(channel):
        _send(channel, loop.finish(host.run(_request(decoder, message))))
    fault = _close(host, loop)
    if message is None:
        _end_group()
    _send(channel, Reply("closed", "", fault=fault))


def _request(decoder: FrameDecoder, message: bytes) -> Request:
    extras, _, frame = message.partition(b"\n")
    if not frame:
        return Request("metadata")
    request = decoder.decode(frame.decode())
    if extras:
        request.extras = from_json(extras)
    return request


def _close(host: EnvironmentHost, loop: OwnLoop) -> str | None:
    """Close the environment; returns what the log should say about that."""
    try:
        loop.finish(host.close())
        loop.close()
    except Exception as error:
        return traceback_of(error)
    return None


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
    with contextlib.suppress(OSError):  # the server is gone, as reading will tell
        channel.sendall(struct.pack(">I", len(message)) + message)


def _receive(channel: socket.socket) -> bytes | None:
    """Read one message; empty where the server asks to close, ``None`` where it is gone."""
    header = _exactly(channel, 4)
    return None if header is None else _exactly(channel, struct.unpack(">I", header)[0])


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    parts = []
    while count:
        try:
            part = channel.recv(count)
        except OSError:
            part = b""
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _limit_memory(megabytes: int) -> None:
    import resource  # not on Windows

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _follow_server() -> None:
    """Leave soon after the server, even in the middle of an endless step."""
    server = multiprocessing.parent_process()
    assert server is not None
    server.join()
    time.sleep(_GRACE_S)
    _end_group()


def _end_group() -> None:
    """Kill this process and all that it started."""
    os.killpg(0, signal.SIGKILL)
