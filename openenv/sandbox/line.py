"""The line to one worker: code goes in, and what comes out is read, never more than is kept."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from contextlib import suppress

from openenv.sandbox.execution import Execution
from openenv.sandbox.frames import HEADER, FrameError, Result, pack_code, result_length, unpack_result
from openenv.sandbox.keeping import Ending, Keeping

_CHUNK = 65_536
"""As much as a pipe holds, so that one reading more empties it."""

_GRACE_S = 1.0
"""How long a worker that has closed its socket may take to end."""


class Line:
    """A live worker.

    Args:
        keeping: Who starts it.
        output_bytes: How much of each text is kept.
    """

    def __init__(self, keeping: Keeping, output_bytes: int) -> None:
        self._keeping = keeping
        self._limit = output_bytes
        self._control, control = socket.socketpair()
        self._out, out = os.pipe()
        self._err, err = os.pipe()
        self._selector = selectors.DefaultSelector()
        for source in (self._control, self._out, self._err, keeping):
            self._selector.register(source, selectors.EVENT_READ)
        for descriptor in (self._out, self._err):
            os.set_blocking(descriptor, False)
        try:
            keeping.start([control.fileno(), out, err])
        except BaseException:
            self.close()
            raise
        finally:
            control.close()
            os.close(out)
            os.close(err)

    def run(self, code: str, name: str, time_s: float) -> Execution:
        """Run some code; where ``ended`` is set in what comes back, so has the worker."""
        began = time.monotonic()
        texts = {self._out: _Text(self._limit), self._err: _Text(self._limit)}
        reply = _Reply(self._limit)
        try:
            self._send(pack_code(code, name), time_s)
            how: Result | Ending = self._listen(texts, reply, began + time_s)
            timed_out, ended = False, _told(how)
        except TimeoutError:
            how = self._keeping.kill()
            timed_out, ended = True, f"killed: it ran for more than {time_s:g} s"
        except FrameError as error:
            how = self._keeping.kill()
            timed_out, ended = False, f"killed: it sent {error}"
        for descriptor, text in texts.items():
            text.read(descriptor)
        return _execution(texts[self._out], texts[self._err], how, timed_out, ended, time.monotonic() - began)

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        self._control.close()
        os.close(self._out)
        os.close(self._err)

    def _send(self, frame: bytes, time_s: float) -> None:
        self._control.settimeout(time_s)
        with suppress(BrokenPipeError, ConnectionResetError):  # it has ended, as its keeper tells
            self._control.sendall(frame)

    def _listen(self, texts: dict[int, _Text], reply: _Reply, deadline: float) -> Result | Ending:
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fileobj is self._keeping:
                    return self._keeping.ending()
                if key.fileobj is not self._control:
                    texts[key.fd].read(key.fd)
                elif (result := reply.read(self._control)) is not None:
                    return result
                elif reply.closed:  # it is about to end, as a rule
                    self._selector.unregister(self._control)
                    deadline = min(deadline, time.monotonic() + _GRACE_S)
        raise FrameError("an end without a result") if reply.closed else TimeoutError


class _Text:
    """What came out of a pipe: its beginning is kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.truncated = False

    def read(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self.truncated |= len(data) > room

    def __str__(self) -> str:
        return self._kept.decode(errors="replace")


class _Reply:
    """A result as it arrives."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self.closed = False

    def read(self, control: socket.socket) -> Result | None:
        """Read what is there; the result, once it is complete.

        Raises:
            FrameError: What arrives is none.
        """
        try:
            data = control.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        self.closed = not data
        self._data += data
        if len(self._data) < HEADER.size:
            return None
        length = result_length(bytes(self._data[: HEADER.size]), self._limit)
        body = bytes(self._data[HEADER.size :])
        if len(body) > length:
            raise FrameError("more than a result")
        return unpack_result(body) if len(body) == length else None


def _told(how: Result | Ending) -> str | None:
    """Say why a worker has ended, if it has."""
    if isinstance(how, Result):
        return None
    if how.reason is not None:
        return f"killed: {how.reason}"
    if how.status >= 0:
        return f"exited with {how.status}"
    try:
        return f"killed by {signal.Signals(-how.status).name}"
    except ValueError:
        return f"killed by signal {-how.status}"


def _execution(
    out: _Text, err: _Text, how: Result | Ending, timed_out: bool, ended: str | None, duration_s: float
) -> Execution:
    result = how if isinstance(how, Result) else Result(how.status)
    return Execution(
        stdout=str(out),
        stderr=str(err),
        exit_code=result.exit_code,
        value=result.value,
        error=result.error,
        timed_out=timed_out,
        ended=ended,
        truncated=out.truncated or err.truncated or result.truncated,
        duration_s=duration_s,
    )
