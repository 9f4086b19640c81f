"""Where a server is."""

from __future__ import annotations

from typing import Any

import pytest

from openenv.client.address import WebSocketSettings, is_loopback, websocket_url, without_credentials
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
        ("HTTP://my_host:80", "ws://my_host:80/ws"),
        (" http://bücher.example ", "ws://bücher.example/ws"),
        ("http://me:secret@host:1/", "ws://me:secret@host:1/ws"),
    ],
)
def test_the_websocket_stands_below_the_base_url(base_url: str, expected: str) -> None:
    assert websocket_url(base_url) == expected


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://0.0.0.0:8000", "ws://127.0.0.1:8000/ws"),
        ("0.0.0.0", "ws://127.0.0.1/ws"),
        ("https://[::]:8000/env", "wss://[::1]:8000/env/ws"),
        ("http://me:secret@0.0.0.0:8000", "ws://me:secret@127.0.0.1:8000/ws"),
    ],
)
def test_where_servers_listen_to_everybody_this_machine_is_meant(base_url: str, expected: str) -> None:
    assert websocket_url(base_url) == expected


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("", "names no host"),
        ("http://", "names no host"),
        ("/path", "names no host"),
        ("ftp://host", "begins with ftp://"),
        ("http:/host", "no // behind http:"),
        ("http://localhost:abc", "'abc'"),
        ("http://localhost:99999", "Port out of range"),
        ("http://[::1", "Invalid IPv6"),
        ("``", "cannot be the name of a host"),
        ("http://two words", "cannot be the name of a host"),
        ("http://bü..cher", "cannot be the name of a host"),
        (8461, "type int"),
        (b"http://localhost", "type bytes"),
    ],
)
def test_what_is_no_address_is_refused_with_an_example(base_url: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match="not a server's address") as caught:
        websocket_url(base_url)
    assert repr(base_url) in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint == "for example http://localhost:8000"


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://me:secret@host:1/ws", "ws://host:1/ws"),
        ("me:secret@host:1", "host:1"),
        (" HTTP://me:se@cret@host", " HTTP://host"),
        ("http://host/@me", "http://host/@me"),
    ],
)
def test_credentials_do_not_show(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    assert "secret" not in repr(WebSocketSettings(headers={"Authorization": "Bearer secret"}))


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("http://me:secret@host:99999", "'http://host:99999' is not a server's address: Port out of range"),
        ("http:/me:secret@host", "'http:/host' is not a server's address: there is no //"),
        ("me:secret@host:abc", "'host:abc' is not a server's address"),
        ("http://me:secret/#secret@host", "'http://host' is not a server's address: write a /, ? or # in the password"),
        (b"http://me:secret@host", "b'http://host' is not a server's address: it is of type bytes"),
    ],
)
def test_what_is_no_address_is_refused_without_showing_its_credentials(base_url: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        websocket_url(base_url)
    assert caught.value.message.startswith(said)
    assert "secret" not in str(caught.value)
