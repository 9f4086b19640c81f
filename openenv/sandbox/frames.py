"""What goes over the socket between a sandbox and its worker: code one way, a result the other.

The worker runs code that nobody trusts, so a result may be anything. It is read strictly: of bounded size, and of
numbers and text only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct("!I")
_RESULT = struct.Struct("!i??II")
_EXIT_CODES = range(-(2**31), 2**31)


class FrameError(ValueError):
    """The worker sent something that is no result."""


@dataclass(frozen=True)
class Result:
    """How the code came to its end.

    Attributes:
        exit_code: What a process would have exited with.
        value: The ``repr`` of a last expression.
        error: ``Name: message`` of an exception.
        truncated: Whether the value was cut.
    """

    exit_code: int
    value: str | None = None
    error: str | None = None
    truncated: bool = False


def pack_code(code: str, name: str) -> bytes:
    """Write code as a frame; surrogates go along, so that the worker refuses them as Python does.

    Args:
        code: The code.
        name: What tracebacks call it, in one line.
    """
    body = f"{name}\n{code}".encode(errors="surrogatepass")
    return HEADER.pack(len(body)) + body


def unpack_code(body: bytes) -> tuple[str, str]:
    """Read code and its name."""
    name, _, code = body.decode(errors="surrogatepass").partition("\n")
    return code, name


def pack_result(result: Result, limit: int) -> bytes:
    """Write a result as a frame.

    Args:
        result: The result.
        limit: How many bytes of each text are kept.
    """
    value = (result.value or "").encode(errors="backslashreplace")
    error = (result.error or "").encode(errors="backslashreplace")[:limit]
    truncated = result.truncated or len(value) > limit
    value = value[:limit]
    flag = result.value is not None
    body = _RESULT.pack(_fitting(result.exit_code), flag, truncated, len(value), len(error)) + value + error
    return HEADER.pack(len(body)) + body


def _fitting(code: int) -> int:
    return code if code in _EXIT_CODES else 1


def result_length(header: bytes, limit: int) -> int:
    """Say how long a result is.

    Args:
        header: The first four bytes of its frame.
        limit: How many bytes each of its texts may have.

    Raises:
        FrameError: No result is that long.
    """
    (length,) = HEADER.unpack(header)
    if not _RESULT.size <= length <= _RESULT.size + 2 * limit:
        raise FrameError(f"a result of {length} bytes")
    return int(length)


def unpack_result(body: bytes) -> Result:
    """Read a result.

    Raises:
        FrameError: It is none.
    """
    exit_code, flag, truncated, value_length, error_length = _RESULT.unpack_from(body)
    end = _RESULT.size + value_length
    if end + error_length != len(body):
        raise FrameError("a result whose lengths do not add up")
    value = body[_RESULT.size : end].decode(errors="replace")
    error = body[end:].decode(errors="replace")
    return Result(exit_code, value if flag else None, error or None, truncated)
