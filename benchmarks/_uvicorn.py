"""Serve an app of this folder with plain uvicorn on an inherited socket: ``_uvicorn.py MODULE:APP FD [WS]``."""

from __future__ import annotations

import socket
import sys

import uvicorn


def main(target: str, descriptor: str, ws: str = "auto") -> None:
    # uvicorn's own --fd takes the socket for a Unix one, and then leaves TCP_NODELAY off.
    listener = socket.socket(fileno=int(descriptor))
    config = uvicorn.Config(target, ws=ws, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
