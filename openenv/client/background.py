"""One event loop in a daemon thread, shared by every synchronous client of the process."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_LOOK_S = 0.5
"""How often a blocked caller looks whether it was interrupted: not every signal wakes it."""
_TIDYING_S = 10.0
"""How long an interrupted caller waits for what it has cancelled."""


class Closable(Protocol):
    """Something to close before the process ends."""

    def close(self) -> Awaitable[None]:
        """Close it, in the loop."""
        ...


at_exit: weakref.WeakSet[Closable] = weakref.WeakSet()
"""What is closed in the loop when the process ends, so that servers free their slots at once."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None


def background_loop() -> asyncio.AbstractEventLoop:
    """The loop; started when it is first asked for."""
    global _loop, _thread
    if _loop is None:
        with _lock:
            if _loop is None:
                loop = asyncio.new_event_loop()
                _thread = threading.Thread(target=loop.run_forever, name="openenv-client", daemon=True)
                _thread.start()
                atexit.register(_stop)
                _loop = loop
    return _loop


def is_background(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop is the shared one."""
    return loop is _loop


def refuse_own_thread() -> None:
    """Check that this is not the loop's own thread, which would wait for itself.

    Raises:
        RuntimeError: It is.
    """
    if _thread is not None and threading.get_ident() == _thread.ident:
        raise RuntimeError("a synchronous call inside a coroutine that a synchronous client runs; await it instead")


def run_blocking(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in the loop and block until it has ended.

    A caller that is interrupted cancels it, and waits for it to tidy up, to stop a server for example; one that is
    interrupted again goes at once.

    Args:
        coroutine: The coroutine.

    Returns:
        What it returns.

    Raises:
        RuntimeError: This is the loop's own thread, which would wait for itself.
    """
    loop = background_loop()
    try:
        refuse_own_thread()
    except RuntimeError:
        coroutine.close()
        raise
    ended = threading.Event()
    task: asyncio.Task[T] | None = None

    def begin() -> None:
        nonlocal task
        task = loop.create_task(coroutine)
        task.add_done_callback(lambda _: ended.set())

    loop.call_soon_threadsafe(begin)
    try:
        while not ended.wait(_LOOK_S):
            pass
    except BaseException:
        loop.call_soon_threadsafe(lambda: task and task.cancel())
        ended.wait(_TIDYING_S)
        raise
    assert task is not None, "it has ended"
    return task.result()


def _stop() -> None:
    """End the loop with the process, so that no task is destroyed while it runs."""
    global _loop, _thread
    loop, thread, _loop, _thread = _loop, _thread, None, None
    if loop is None or thread is None:
        return
    asyncio.run_coroutine_threadsafe(_finish(), loop)
    thread.join(timeout=2.0)
    if not thread.is_alive():
        loop.close()


async def _finish() -> None:
    loop = asyncio.get_running_loop()
    closing = [asyncio.ensure_future(each.close()) for each in at_exit]
    if closing:
        await asyncio.wait(closing, timeout=1.0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    loop.call_soon(loop.stop)


def _forget() -> None:
    """A forked child has no copy of the thread: it starts its own."""
    global _loop, _thread, _lock
    _loop = _thread = None
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
