"""PNG images of 8-bit RGB, as far as rendered frames need them (https://www.w3.org/TR/png-3/)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from openenv.errors import InvalidResultError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_RGB_8 = (8, 2, 0, 0, 0)  # bits a channel, colour type, compression, filter method, interlacing


def encode(frame: NDArray[np.uint8]) -> bytes:
    """Write a frame as PNG.

    Args:
        frame: An array of shape (height, width, 3).

    Returns:
        The file.

    Raises:
        ValueError: The array has another shape or type.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(f"a frame is an array of height x width x 3 uint8, not {frame.shape} {frame.dtype}")
    height, width, _ = frame.shape
    # Each line begins with the number of its filter: 0, none.
    lines = np.pad(frame.reshape(height, width * 3), ((0, 0), (1, 0)))
    header = _HEADER.pack(width, height, *_RGB_8)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines.tobytes())) + _chunk(b"IEND", b"")


def decode(png: bytes) -> NDArray[np.uint8]:
    """Read what ``encode`` wrote.

    Args:
        png: The file.

    Returns:
        An array of shape (height, width, 3).

    Raises:
        InvalidResultError: It is no PNG, or one of another kind.
    """
    try:
        chunks = _read_chunks(png)
        width, height, *kind = _HEADER.unpack(chunks[b"IHDR"])
        lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width * 3 + 1)
    except (KeyError, ValueError, struct.error, zlib.error) as error:
        raise InvalidResultError(f"the rendered frame is no PNG that can be read: {error!r}") from error
    if tuple(kind) != _RGB_8 or lines[:, 0].any():
        raise InvalidResultError("the rendered frame is a PNG of another kind than 8-bit RGB without filters")
    frame: NDArray[np.uint8] = lines[:, 1:].reshape(height, width, 3).copy()
    return frame


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _read_chunks(png: bytes) -> dict[bytes, bytes]:
    if not png.startswith(_SIGNATURE):
        raise ValueError("its first bytes are not those of a PNG")
    chunks, at = {}, len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + length]
        at += length + 12
    return chunks
