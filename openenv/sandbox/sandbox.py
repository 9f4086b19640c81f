"""A sandbox: the side of the server."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from openenv.sandbox.execution import Execution
from openenv.sandbox.isolation import Isolation
from openenv.sandbox.keeping import Keeping, SandboxError
from openenv.sandbox.limits import Limits
from openenv.sandbox.line import Line

__all__ = ["Sandbox", "SandboxError"]


class Sandbox:
    """Runs Python code that nobody trusts, in a process of its own, within limits.

    Names, threads, child processes and files last from one run to the next. One thread at a time may use it, not
    always the same one. Needs a POSIX system.

    Args:
        limits: What the code may use.
        hidden: Folders that it is not to read; ``isolation.hidden`` says whether this machine can keep it from that.

    Raises:
        SandboxError: It cannot be set up on this machine.
    """

    def __init__(self, limits: Limits | None = None, *, hidden: Iterable[str | os.PathLike[str]] = ()) -> None:
        self.limits = limits or Limits()
        self._hidden = [Path(folder).resolve() for folder in hidden]
        self._keeping: Keeping | None = Keeping(self.limits, self._hidden)
        self._line: Line | None = None
        self._steps = 0
        self.isolation: Isolation = self._keeping.isolation

    def run(self, code: str, *, time_s: float | None = None, name: str | None = None) -> Execution:
        """Run some code.

        Args:
            code: Python source; the value of a last expression is kept, as at Python's prompt.
            time_s: How long it may take, in seconds; the limit of the sandbox where left out.
            name: What tracebacks call it, in one line; ``<step 1>``, ``<step 2>`` … since the restart where left out.

        Returns:
            What came of it. Nothing that the code does is an error here.

        Raises:
            SandboxError: The sandbox is closed.
        """
        if name is None:
            self._steps += 1
            name = f"<step {self._steps}>"
        keeping = self._alive()
        try:
            self._line = self._line or Line(keeping, self.limits.output_bytes)
            execution = self._line.run(code, name, self.limits.time_s if time_s is None else time_s)
        except SandboxError:  # code whose user is the server's own can kill the keeper
            self._set_up_anew()
            return Execution("", "", -9, ended="killed with its keeper, and its files removed")
        except BaseException:  # whatever state the worker is in, nobody knows it
            self.close()
            raise
        if execution.ended is not None:
            self._hang_up()
        return execution

    def restart(self) -> None:
        """Forget every name, end every process, and remove every file."""
        self._steps = 0
        if self._keeping is None:
            self._set_up_anew()
            return
        try:
            if self._line is not None:
                self._keeping.kill()
                self._hang_up()
            self._keeping.clear()
        except SandboxError:
            self._set_up_anew()

    def close(self) -> None:
        """End every process and remove every file; the sandbox is of no use any more, unless it is restarted."""
        self._hang_up()
        if self._keeping is not None:
            self._keeping.close()
            self._keeping = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set_up_anew(self) -> None:
        self.close()
        self._keeping = Keeping(self.limits, self._hidden)

    def _alive(self) -> Keeping:
        if self._keeping is None:
            raise SandboxError("the sandbox is closed", hint="restart() opens it again")
        return self._keeping

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
