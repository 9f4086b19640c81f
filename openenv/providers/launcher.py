"""Serves an app in another interpreter than ours: run by its path there, where this package may not be installed.

``python -I launcher.py my_env.server.app:app --fd 3 --parent-fd 4 --app-dir FOLDER``
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading

MAX_MESSAGE_BYTES = 100 * 1024 * 1024
"""The largest frame that a server of this package takes, too."""


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve an OpenEnv app with what is installed beside this interpreter.")
    parser.add_argument("app", help="where the app is, as module:name")
    parser.add_argument("--fd", type=int, required=True, help="an inherited listening socket")
    parser.add_argument("--parent-fd", type=int, required=True, help="an inherited pipe; when its end closes, stop")
    parser.add_argument("--app-dir", required=True, help="folder to run in and import from")
    options = parser.parse_args()
    os.chdir(options.app_dir)
    sys.path.insert(0, options.app_dir)
    threading.Thread(target=_stop_with_parent, args=(options.parent_fd,), daemon=True).start()
    _serve(options.app, socket.socket(fileno=options.fd))


def _serve(app: str, listening: socket.socket) -> None:
    """Serve with the server of this package where it is installed, else with uvicorn as it comes."""
    try:
        from openenv.server.run import run
    except ImportError:
        import uvicorn

        config = uvicorn.Config(app, access_log=False, log_level="warning", ws_max_size=MAX_MESSAGE_BYTES)
        uvicorn.Server(config).run(sockets=[listening])
    else:
        run(app, sock=listening, log_level="warning")


def _stop_with_parent(descriptor: int) -> None:
    """Wait until whoever started this process closes its end of the pipe, or is gone; then shut down."""
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
