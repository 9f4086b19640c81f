from __future__ import annotations

import io
import zlib

import numpy as np
import pygame
import pytest

from openenv.errors import InvalidResultError
from openenv.gymnasium.png import decode, encode

FRAME = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)


def test_other_readers_see_the_same_image():
    image = pygame.image.load(io.BytesIO(encode(FRAME)), "frame.png")

    assert (pygame.surfarray.array3d(image).transpose(1, 0, 2) == FRAME).all()


def test_a_frame_comes_back_as_it_was():
    assert (decode(encode(FRAME)) == FRAME).all()
    assert decode(encode(FRAME)).flags.writeable


@pytest.mark.parametrize("frame", [FRAME[:, :, :1], FRAME[0], FRAME.astype(np.float32)])
def test_what_is_no_rgb_frame_is_refused(frame):
    with pytest.raises(ValueError, match="height x width x 3 uint8"):
        encode(frame)


def test_what_is_no_png_is_refused():
    whole = encode(FRAME)
    for broken in (b"", b"GIF89a", whole[:20], whole[:60], whole.replace(b"IDAT", b"iDAT")):
        with pytest.raises(InvalidResultError, match="is no PNG that can be read"):
            decode(broken)


def test_a_png_of_another_kind_is_refused():
    grey = encode(FRAME).replace(b"\x08\x02\x00\x00\x00", b"\x08\x00\x00\x00\x00")
    lines = b"".join(b"\x01" + bytes(7 * 3) for _ in range(5))
    start = encode(FRAME).index(b"IDAT") - 4
    packed = zlib.compress(lines)
    filtered = encode(FRAME)[:start] + len(packed).to_bytes(4, "big") + b"IDAT" + packed + bytes(4)

    for other in (grey, filtered):
        with pytest.raises(InvalidResultError, match="another kind than 8-bit RGB without filters"):
            decode(other)
