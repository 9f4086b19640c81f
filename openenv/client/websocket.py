"""Frames over a WebSocket."""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from contextlib import suppress
from http import HTTPStatus
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage, InvalidState, InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol

from openenv.client.address import WebSocketSettings, is_loopback, without_credentials
from openenv.client.transport import Listener
from openenv.errors import ConnectError, OpenEnvError, UnauthorizedError
from openenv.protocol import SUBPROTOCOL, Dialect

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_NO_CLOSE = 1006
_CLOSE_TIMEOUT_S = 2.0
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_NO_SUCH_PATH = "base_url is where the server begins, without a path of its own: http://localhost:8000"


async def open_websocket(url: str, settings: WebSocketSettings) -> WebSocketTransport:
    """Connect to a server, offering v2.

    Args:
        url: The address of its ``/ws``.
        settings: How to connect.

    Returns:
        The open connection.

    Raises:
        ConnectError: No server answers there.
        UnauthorizedError: It wants an API key, or another one.
    """
    limit = settings.connect_timeout_s
    try:
        connection = await _Connect(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            create_connection=_Connection,
            compression=None,
            proxy=None if is_loopback(url) else True,
            additional_headers=dict(settings.headers),
            open_timeout=limit,
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_timeout_s,
            max_size=settings.max_message_bytes,
        )
    except InvalidStatus as error:
        raise _refusal(without_credentials(url), error.response) from error
    except (OSError, EOFError, ValueError, asyncio.TimeoutError, WebSocketException) as error:
        raise _unreachable(url, error, limit) from error
    assert isinstance(connection, _Connection)
    return WebSocketTransport(connection)


class _Connect(connect):
    """Connects without following redirects: a key must not go where the caller did not send it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Connection(ClientConnection):
    """Hands each message over as it comes.

    There is one outstanding request, so neither a queue of messages nor flow control is needed, and
    no task has to be woken to read.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.listener: Listener | None = None
        self.early: list[bytes] = []
        self.gone = False
        self._parts: list[bytes] = []

    def process_event(self, event: Any) -> None:
        if not isinstance(event, Frame) or event.opcode not in _DATA:
            super().process_event(event)
            return
        message = bytes(event.data)
        if self._parts or not event.fin:
            self._parts.append(message)
            if not event.fin:
                return
            message, self._parts = b"".join(self._parts), []
        if self.listener is not None:
            self.listener.received(message)
        elif not self.gone:
            self.early.append(message)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone = True
        if self.listener is not None:
            self.tell_lost(self.listener)

    def tell_lost(self, listener: Listener) -> None:
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        ours = sent is not None and not self.protocol.close_rcvd_then_sent
        said = sent if ours else received
        listener.lost(_NO_CLOSE if said is None else said.code, "" if said is None else said.reason, ours=ours)


class WebSocketTransport:
    """One WebSocket.

    Args:
        connection: An open connection.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.dialect = Dialect.V1 if connection.subprotocol is None else Dialect.V2

    def listen(self, listener: Listener) -> None:
        """Say who is to be told, beginning with what came already."""
        connection = self._connection
        connection.listener = listener
        while connection.early:
            listener.received(connection.early.pop(0))
        if connection.gone:
            connection.tell_lost(listener)

    def send(self, frame: bytes) -> None:
        """Send a frame, without waiting."""
        protocol = self._connection.protocol
        try:
            protocol.send_text(frame)
        except InvalidState:
            return  # it is closing: the listener hears of that next
        for data in protocol.data_to_send():
            self._connection.transport.write(data)

    async def close(self) -> None:
        """Close with 1000."""
        self._mute()
        await self._connection.close()

    def abort(self) -> None:
        """Drop the connection without a word, as a lost network does."""
        self._mute()
        self._connection.transport.abort()

    def _mute(self) -> None:
        self._connection.listener = None
        self._connection.gone = True


def _unreachable(url: str, error: Exception, limit_s: float) -> ConnectError:
    """Say why there is no connection, and what would do."""
    shown, refused = without_credentials(url), _is_refusal(error)
    why, hint = str(error) or type(error).__name__, None
    if refused:
        why = "nothing listens there (connection refused)"
    elif isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        why = f"no answer within {limit_s:g} s"
    elif isinstance(error, gaierror):
        why, hint = f"the name of the host is not known ({error.strerror})", "check its spelling, and the network"
    elif isinstance(error, ssl.SSLCertVerificationError):
        why, hint = f"its certificate is not trusted ({error.verify_message})", "does it belong to this host?"
    elif isinstance(error, OSError) and error.errno == errno.EMFILE:
        hint = "close what this process has open and needs no more, or allow it more files: ulimit -n"
    elif isinstance(error, (ssl.SSLError, InvalidMessage, EOFError, ConnectionResetError)):
        spoken, other = ("TLS", "https") if url.startswith("ws:") else ("plain HTTP", "http")
        hint = f"if the server speaks {spoken}, its address begins with {other}://"
    facts = {"url": shown, "refused": refused, "loopback": is_loopback(url)}
    return ConnectError(f"Failed to connect to {shown}: {why}", facts, hint=hint)


def _is_refusal(error: Exception) -> bool:
    """Whether nothing listens there.

    For a name with several addresses, asyncio gives one plain OSError with the text of all; of these,
    addresses that this machine does not have do not count.
    """
    if not isinstance(error, OSError) or error.errno is not None:
        return isinstance(error, ConnectionRefusedError)
    numbers = {int(number) for number in _ERRNO.findall(str(error))}
    return errno.ECONNREFUSED in numbers and numbers <= {errno.ECONNREFUSED, *_NO_SUCH_ADDRESS}


def _refusal(url: str, response: Response) -> OpenEnvError:
    """Read why a server refused the handshake."""
    status, facts = response.status_code, {"url": url, "status": response.status_code}
    said = None
    with suppress(ValueError, TypeError, KeyError):  # a proxy's page, or nothing
        said = from_json(response.body or b"")["message"]
    if status == HTTPStatus.UNAUTHORIZED or (status == HTTPStatus.FORBIDDEN and said):
        message = f"{url} refused the connection (HTTP {status})" + (f": {said}" if said else "")
        hint = None if status == HTTPStatus.UNAUTHORIZED else "check the address, and the server's allowed_origins"
        return UnauthorizedError(message, facts, hint=hint)
    if 300 <= status < 400:
        target = response.headers.get("Location", "elsewhere")
        return ConnectError(f"{url} redirects to {target}", facts, hint="use that address as base_url")
    # Servers say 403, too, where they have no WebSocket.
    nowhere = status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and urlsplit(url).path != "/ws"
    message = f"{url} answered with HTTP {status}, not with a WebSocket"
    return ConnectError(message, facts, hint=_NO_SUCH_PATH if nowhere else None)
