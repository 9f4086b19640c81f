"""Record the transcripts anew from the real openenv 0.10.0.

Run it with an interpreter that has that package, and not this one::

    "$(python scripts/venvs.py peer)" tests/golden/record.py
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

import uvicorn
from golden_environments import make_app
from golden_player import play
from golden_scripts import SCRIPTS

FOLDER = Path(__file__).parent / "v1"


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an app in a thread, as ``host:port``."""
    listener = socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def record(name: str) -> None:
    """Play one environment's script and keep the answers."""
    with serving(make_app(name)) as address:
        transcript = play(address, SCRIPTS[name])
    document = {"environment": name, "recorded_from": f"openenv {version('openenv')}", **transcript}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    # A path or a working folder can put this package in the peer's place, under the peer's version.
    if find_spec("openenv.protocol"):
        raise SystemExit("this interpreter imports the package that the transcripts are compared with")
    FOLDER.mkdir(exist_ok=True)
    for each in SCRIPTS:
        record(each)
        print(f"recorded {each}")
