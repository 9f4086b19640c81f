"""Listening sockets, and who holds a port that is taken."""

from __future__ import annotations

import errno
import os
import shlex
import socket
from pathlib import Path

from openenv_cli.errors import CommandError, MissingError, UsageError

_LISTENING = "0A"


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Args:
        host: The address or host name to listen on.
        port: The port; 0 takes a free one.

    Returns:
        The socket.

    Raises:
        UsageError: The host is no address of this machine.
        MissingError: The port is taken; the message says by whom, where that can be told.
        CommandError: The system does not allow it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise UsageError(f"'{host}' is not an address", hint="--host 127.0.0.1, or 0.0.0.0 for every address") from None
    # A name like localhost has several addresses; what people type is the one of IPv4.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    sock = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError as error:
        sock.close()
        raise _refusal(error, host, port) from None
    return sock


def holder(port: int) -> str | None:
    """Say which process listens on a port, where the system tells (Linux).

    Args:
        port: The port.

    Returns:
        Its command and process id, or ``None``.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in sockets for descriptor in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
                return f"{shlex.join(words)} (process {process.name})"
        except OSError:
            continue  # another user's process, or one that has just ended
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTENING and int(local.rpartition(":")[2], 16) == port:
                inodes.add(inode)
    return inodes


def _refusal(error: OSError, host: str, port: int) -> CommandError:
    if error.errno == errno.EADDRINUSE:
        who = holder(port)
        return MissingError(
            f"port {port} is taken" + (f" by {who}" if who else ""), hint="--port 0 takes a free one, --port N another"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{host} is not an address of this machine", hint="--host 127.0.0.1")
    if error.errno == errno.EACCES:
        return CommandError(f"port {port} is not allowed to this user", hint="--port 8000, or another above 1023")
    return CommandError(f"cannot listen on {host}, port {port}: {error.strerror or error}")
