"""Starts the Hub by hand, for trying things offline.

Prints what to set, so that the client of the Hub goes there::

    $ python -m tests.hub_server --folder /tmp/hub
    export HF_ENDPOINT=http://127.0.0.1:40373
    ...

Faults and builds are told over HTTP, for example with curl::

    curl $HF_ENDPOINT/_control/faults --json '{"request": "POST /api/repos/create", "status": 403}'
    curl $HF_ENDPOINT/_control/faults -X DELETE
    curl $HF_ENDPOINT/_control/spaces/you/my-env/plan -X PUT --json '{"fails_at": "BUILDING"}'
    curl $HF_ENDPOINT/_control/spaces/you/my-env/stage -X PUT --json '{"stage": "SLEEPING"}'
    curl $HF_ENDPOINT/_control/spaces/you/my-env/release -X POST
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from .accounts import Accounts
from .server import HubServer


def _register(accounts: Accounts, user: str, organisations: Sequence[str]) -> str:
    """Register a user who may write in organisations, and return their token."""
    for name in organisations:
        accounts.add_organisation(name, {user: "write"})
    return accounts.add_user(user)[0]


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser("python -m tests.hub_server", description="A Hub for trying things offline.")
    parser.add_argument("--folder", type=Path, required=True, help="where its repositories are kept")
    parser.add_argument("--port", type=int, default=0, help="where it listens on 127.0.0.1; 0: a free port")
    parser.add_argument("--user", default="you", help="whose token is printed")
    parser.add_argument("--organisation", action="append", default=[], help="another namespace of theirs")
    parser.add_argument("--runs", action="store_true", help="really install and run what is pushed")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with HubServer(options.folder, options.port, runs=options.runs) as server:
        token = server.call(lambda hub: _register(hub.accounts, options.user, options.organisation))
        print(f"export HF_ENDPOINT={server.url}\nexport HF_HUB_DISABLE_XET=1\nexport HF_TOKEN={token}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
