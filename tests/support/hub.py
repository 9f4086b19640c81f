"""A running Hub for tests, and the way of ``huggingface_hub`` to it.

A folder of tests takes the fixtures by importing them in its conftest::

    from support.hub import hub, hub_server, waits  # noqa: F401

* ``hub_server`` is one Hub for all tests of the process: a :class:`hub_server.server.HubServer`.
* ``hub`` is a fresh user of it, signed in: whatever uses ``huggingface_hub`` in the test, or in a process that it
  starts, goes to this Hub as this user. Their namespace holds nothing before the test; faults end with the test.
* ``waits`` spares a test of this process the pauses after which the client asks a faulty Hub again.

A test then reads::

    def test_a_push_is_refused(hub, ...):
        hub.server.add_fault("POST /api/repos/create", 403)
        ...
"""

from __future__ import annotations

import importlib.util
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from hub_server.server import HubServer
from huggingface_hub import HfApi, constants, hf_api
from huggingface_hub.utils import _http

_numbers = itertools.count(1)


@dataclass(frozen=True)
class HubUser:
    """A user of a Hub.

    Attributes:
        server: The Hub.
        name: What the user is called: the namespace of their repositories.
        token: May write there.
        read_token: May only read.
    """

    server: HubServer
    name: str
    token: str = field(repr=False)
    read_token: str = field(repr=False)

    @classmethod
    def registered(cls, server: HubServer) -> HubUser:
        """Register another user, with a name that nobody has."""
        name = f"user-{next(_numbers)}"
        return cls(server, name, *server.call(lambda hub: hub.accounts.add_user(name)))

    @property
    def api(self) -> HfApi:
        """The client, signed in as this user."""
        return HfApi(endpoint=self.server.url, token=self.token)

    def space(self, name: str = "my-env", **options: object) -> str:
        """Make a Space of theirs, and return its id; ``options`` are those of ``create_repo``."""
        self.api.create_repo(f"{self.name}/{name}", repo_type="space", space_sdk="docker", **options)  # type: ignore[arg-type]
        return f"{self.name}/{name}"


def environment(url: str, token: str | None, home: Path) -> dict[str, str]:
    """What the environment of a process says, so that ``huggingface_hub`` in it goes to this Hub and nowhere else.

    Args:
        url: The address of the Hub.
        token: Who is signed in, if anybody.
        home: Where the client keeps what it keeps.
    """
    return {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        **({} if token is None else {"HF_TOKEN": token}),
    }


def send_there(monkeypatch: pytest.MonkeyPatch, url: str, token: str | None, home: Path) -> None:
    """Have this process, and those that it starts, use a Hub.

    Args:
        monkeypatch: Takes it back at the end of the test.
        url: The address of the Hub.
        token: Who is signed in, if anybody.
        home: Where the client keeps what it keeps; nobody has signed in there.
    """
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(url, token, home).items():
        monkeypatch.setenv(name, value)
    # The client reads its environment once, when it is imported: so read it again, as a module that nobody else sees.
    spec = importlib.util.find_spec(constants.__name__)
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    for name in vars(again):
        if name.isupper() and getattr(again, name) != getattr(constants, name):
            monkeypatch.setattr(constants, name, getattr(again, name))
    monkeypatch.setattr(hf_api.api, "endpoint", url)


@pytest.fixture(scope="session")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """One Hub for all tests."""
    with HubServer(tmp_path_factory.mktemp("hub")) as server:
        yield server


@pytest.fixture
def hub(hub_server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubUser]:
    """A fresh user of the Hub, signed in."""
    user = HubUser.registered(hub_server)
    send_there(monkeypatch, hub_server.url, user.token, tmp_path / "hf-home")
    with warnings.catch_warnings():
        # How the client sends large files without Xet is deprecated by the HTTP library that it uses.
        warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)
        yield user
    hub_server.call(lambda hub: hub.faults.clear())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long, in seconds, the client would have waited each time before it asked again; it does not wait."""
    waited: list[float] = []
    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=waited.append))
    return waited
