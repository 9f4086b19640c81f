"""Where a server is."""

from __future__ import annotations

import pytest

from openenv.client.address import WebSocketSettings, is_loopback, websocket_url
from openenv.errors import ConfigurationError


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://localhost:8000", "ws://localhost:8000/ws"),
        ("https://me-my-env.hf.space/", "wss://me-my-env.hf.space/ws"),
        ("ws://localhost:8000/ws", "ws://localhost:8000/ws"),
        ("localhost:8000", "ws://localhost:8000/ws"),
        ("http://host/behind/a/proxy/", "ws://host/behind/a/proxy/ws"),
        ("http://[::1]:8000", "ws://[::1]:8000/ws"),
    ],
)
def test_the_websocket_stands_below_the_base_url(base_url: str, expected: str) -> None:
    assert websocket_url(base_url) == expected


@pytest.mark.parametrize("base_url", ["", "http://", "ftp://host", "/path"])
def test_what_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="not a server's address"):
        websocket_url(base_url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://localhost/ws", True),
        ("ws://127.0.0.2:1/ws", True),
        ("ws://[::1]:8000/ws", True),
        ("ws://me.localhost/ws", True),
        ("ws://10.0.0.1/ws", False),
        ("wss://localhost.example.org/ws", False),
    ],
)
def test_this_machines_own_addresses_are_known(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_credentials_do_not_show() -> None:
    assert "secret" not in repr(WebSocketSettings(headers={"Authorization": "Bearer secret"}))
