"""How a start that takes long hears that nobody waits for it any longer."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from openenv.errors import ServerStartError


class Patience:
    """That of whoever waits for one start; it may be lost in any thread."""

    def __init__(self) -> None:
        self._lost = threading.Event()
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[str]] = []

    def lose(self) -> None:
        """Wait no longer: the processes under it are ended."""
        with self._lock:
            self._lost.set()
            for process in self._processes:
                process.terminate()

    def check(self) -> None:
        """Check that somebody still waits.

        Raises:
            ServerStartError: Nobody does.
        """
        if self._lost.is_set():
            raise ServerStartError("it was stopped while it started", hint="start it again")

    def pause(self, seconds: float) -> None:
        """Let time pass; raises as :meth:`check`, as soon as there is reason to."""
        self._lost.wait(seconds)
        self.check()

    @contextmanager
    def over(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """End a process where the patience is lost in the block, or the block is left by an error."""
        with self._lock:
            self._processes.append(process)
            if self._lost.is_set():
                process.terminate()
        try:
            yield
        except BaseException:
            process.terminate()
            raise
        finally:
            with self._lock:
                self._processes.remove(process)
