"""Frames over a WebSocket."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidState, InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol

from openenv.client.address import WebSocketSettings, is_loopback
from openenv.client.transport import Listener
from openenv.errors import ConnectError, OpenEnvError, UnauthorizedError
from openenv.protocol import SUBPROTOCOL, Dialect

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_NO_CLOSE = 1006
_CLOSE_TIMEOUT_S = 2.0


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
        raise _refusal(url, error.response) from error
    except (OSError, EOFError, WebSocketException) as error:
        hint = "is the server running, and is this its address?"
        raise ConnectError(f"Failed to connect to {url}: {error}", hint=hint) from error
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


def _refusal(url: str, response: Response) -> OpenEnvError:
    """Read why a server refused the handshake."""
    status = response.status_code
    if status in (401, 403):
        message = f"{url} refused the connection (HTTP {status})"
        with suppress(ValueError, TypeError, KeyError):  # a proxy's page, or nothing
            message = f"{message}: {from_json(response.body or b'')['message']}"
        return UnauthorizedError(message, {"status": status}, hint="pass api_key= or token=, and check the address")
    if 300 <= status < 400:
        target = response.headers.get("Location", "elsewhere")
        return ConnectError(f"{url} redirects to {target}", hint="use that address as base_url")
    return ConnectError(f"{url} answered with HTTP {status}, not with a WebSocket", {"status": status})
