"""``python -m openenv.server my_env.server.app:app``: serve an app in a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from openenv.server.run import run


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m openenv.server", description="Serve an OpenEnv app.")
    parser.add_argument("app", help="where the app is, as module:name")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one (default: 8000)")
    parser.add_argument("--fd", type=int, help="an inherited listening socket, in place of host and port")
    parser.add_argument("--parent-fd", type=int, help="an inherited pipe; when its other end closes, stop")
    parser.add_argument("--app-dir", default=".", help="folder to run in and import from (default: .)")
    parser.add_argument("--log-level", default="info", help="least severe level to log (default: info)")
    options = parser.parse_args()
    if sys.path[0] == str(Path.cwd()):
        del sys.path[0]  # where -m was called is no place to import an app from
    os.chdir(options.app_dir)
    sys.path.insert(0, str(Path.cwd()))
    if options.parent_fd is not None:
        threading.Thread(target=_stop_with_parent, args=(options.parent_fd,), daemon=True).start()
    sock = None if options.fd is None else socket.socket(fileno=options.fd)
    run(options.app, host=options.host, port=options.port, sock=sock, log_level=options.log_level)


def _stop_with_parent(descriptor: int) -> None:
    """Wait until whoever started this process closes its end of the pipe, or is gone; then shut down."""
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
