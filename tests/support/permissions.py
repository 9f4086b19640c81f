"""Permissions hold for everybody but root; here they hold for root too."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x2008_0522
_MAY_WRITE_ANYWHERE, _MAY_READ_ANYWHERE = 1, 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
_EFFECTIVE = 0


@contextmanager
def permissions_that_hold() -> Iterator[None]:
    """Give up root's right to read and write everything, for this thread and the length of a block."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the higher bits of each
    assert libc.capget(header, rights) == 0, os.strerror(ctypes.get_errno())
    before = rights[_EFFECTIVE]
    rights[_EFFECTIVE] = before & ~(1 << _MAY_WRITE_ANYWHERE | 1 << _MAY_READ_ANYWHERE)
    assert libc.capset(header, rights) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        rights[_EFFECTIVE] = before
        assert libc.capset(header, rights) == 0, os.strerror(ctypes.get_errno())
