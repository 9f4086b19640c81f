"""How a command ends that somebody else wants to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SIGTERM", "SIGHUP")
"""A job that is cancelled, and a terminal that is closed; the second one is unknown on Windows."""


@contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Let a signal that ends this process do so as Ctrl-C does, so that what was started is stopped and removed."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        known = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
        # What is ignored stays so, as with nohup.
        taken = [one for one in known if signal.getsignal(one) is signal.SIG_DFL]
        before = {one: signal.signal(one, signal.default_int_handler) for one in taken}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
