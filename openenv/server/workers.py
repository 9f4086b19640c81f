"""Tells whether several processes serve one port, in which case a session cannot be found again."""

from __future__ import annotations

import gc
import multiprocessing
import sys


def several_workers() -> bool:
    """Whether this process is one of several workers behind the same port.

    Returns:
        True under ``uvicorn --workers 2`` or more, and under gunicorn.
    """
    if "gunicorn" in sys.modules:
        return True
    uvicorn = sys.modules.get("uvicorn")
    if uvicorn is None or multiprocessing.parent_process() is None:
        return False
    # A worker is told of its siblings nowhere but in the configuration object it was started with.
    return any(issubclass(type(one), uvicorn.Config) and one.workers > 1 for one in gc.get_objects())
