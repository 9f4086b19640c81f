"""The wire protocol, without any wire: frames, results, errors and the rules of request ids.

Nothing here opens a socket, starts a thread or reads a clock. Server and client use the same code.
"""

from __future__ import annotations

from enum import Enum, IntEnum

SUBPROTOCOL = "openenv.v2"
"""What a client offers, and a server picks, to speak v2."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest message a server takes, in bytes; a larger one closes the socket with 1009."""

MAX_SEED = 2**32 - 1
MAX_EPISODE_ID_LENGTH = 255


class Dialect(str, Enum):
    """How results and errors are laid out."""

    V1 = "v1"
    V2 = "v2"


class CloseCode(IntEnum):
    """Why a WebSocket was closed (RFC 6455, section 7.4; 4001 is ours)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INVALID_DATA = 1007
    REFUSED = 1008
    TOO_LARGE = 1009
    FAILED = 1011
    TRY_LATER = 1013
    SUPERSEDED = 4001
