"""The real openenv 0.10.0 beside this package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sides import HERE, PATIENCE_S, ROOT, Side


@pytest.fixture(scope="session")
def ours() -> Side:
    """This package."""
    return Side(sys.executable, kit=True)


@pytest.fixture(scope="session")
def peer() -> Side:
    """The real openenv 0.10.0, installed where it is not there yet."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "venvs.py"), "peer"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        reason = f"openenv 0.10.0 cannot be installed here:\n{made.stderr[-2000:]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Side(made.stdout.strip(), kit=False)


@pytest.fixture(scope="session")
def our_game(ours: Side) -> Iterator[str]:
    """The game on our server."""
    with ours.serve("guess_app:app", HERE) as url:
        yield url


@pytest.fixture(scope="session")
def peer_game(peer: Side) -> Iterator[str]:
    """The game on the peer's server."""
    with peer.serve("guess_app:app", HERE) as url:
        yield url


@pytest.fixture(scope="session")
def project(peer: Side, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the peer's ``init`` makes, as it made it."""
    folder = tmp_path_factory.mktemp("made-by-the-peer")
    subprocess.run(
        [Path(peer.python).with_name("openenv"), "init", "my_env"],
        cwd=folder,
        env=peer.environment,
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    return folder / "my_env"
