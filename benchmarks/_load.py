"""A load generator that costs far less than any server: raw sockets, hand-made WebSocket frames, no event loop.

Every session has one step outstanding at any time. Run as a process of its own, it prints what it measured as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import struct
import time

from _cpu import cpu_seconds

SUBPROTOCOL = "openenv.v2"
WARM_UP_S = 0.3
PATIENCE_S = 120


class Session:
    """One WebSocket session, spoken to in one dialect."""

    def __init__(self, address: tuple[str, int], dialect: str) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._numbered = dialect == "v2"
        self._sent = 0
        self._buffer = b""
        offer = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n" if self._numbered else ""
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n".encode()
        )

    def upgraded(self) -> None:
        """Take the answer to the upgrade, and open the session where the dialect asks for it."""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._received()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode())
        if self._numbered:
            self.socket.sendall(_frame(b'{"type":"open","data":{"wait_s":60}}'))

    def opened(self) -> None:
        """Take the session frame, where there is one, and ask for a reset."""
        if self._numbered:
            self.wait_for(b'"session"')
        self.request(b'"reset"')

    def request(self, kind: bytes = b'"step"') -> None:
        """Send a request."""
        self._sent += 1
        number = b',"id":%d' % self._sent if self._numbered else b""
        self.socket.send(_frame(b'{"type":%b%b,"data":{}}' % (kind, number)))

    def wait_for(self, kind: bytes) -> None:
        """Wait for a frame of a type; this is not done while measuring."""
        while not (frame := self.take()):
            self._buffer += self._received()
        if kind not in frame[:40]:
            raise ConnectionError(f"expected {kind.decode()}, got {frame[:300]!r}")

    def read(self) -> bytes:
        """Read what is there; return a whole reply, or nothing."""
        self._buffer += self._received()
        return self.take()

    def close(self) -> None:
        """Leave for good, so that the server does not wait for this session to be resumed."""
        self.socket.sendall(_frame(b"\x03\xe8", opcode=0x88))
        self.socket.close()

    def take(self) -> bytes:
        """Cut the first whole text frame off the buffer."""
        while (end := _frame_end(self._buffer)) and end <= len(self._buffer):
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            if frame[0] == 0x81:  # Pings are left unanswered: no run lasts that long.
                return frame
        return b""

    def _received(self) -> bytes:
        received = self.socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed a session")
        return received


def _frame(payload: bytes, opcode: int = 0x81) -> bytes:
    # The key is four zeros: masked with it, a payload is itself.
    return bytes((opcode, 0x80 | len(payload))) + b"\0\0\0\0" + payload


def _frame_end(buffer: bytes) -> int:
    """Where the first frame ends, or 0 where that cannot be said yet."""
    if len(buffer) < 4:
        return 0
    length = buffer[1]
    if length < 126:
        return 2 + length
    if length == 126:
        return 4 + (buffer[2] << 8 | buffer[3])
    return 10 + struct.unpack_from("!Q", buffer, 2)[0] if len(buffer) >= 10 else 0


def open_sessions(address: tuple[str, int], dialect: str, count: int) -> list[Session]:
    """Open sessions, each stage for all of them at once, and reset them."""
    sessions = [Session(address, dialect) for _ in range(count)]
    for session in sessions:
        session.upgraded()
    for session in sessions:
        session.opened()
    for session in sessions:
        session.wait_for(b'"observation"')
    return sessions


def measure(sessions: list[Session], seconds: float, pid: int) -> dict[str, float]:
    """Step all sessions as fast as they answer.

    Returns:
        How many steps were answered, in how many seconds, and how many seconds of processor they cost the server.
    """
    selector = selectors.DefaultSelector()
    for session in sessions:
        selector.register(session.socket, selectors.EVENT_READ, session)
        session.request()
    _step_until(selector, time.perf_counter() + WARM_UP_S)
    start, cpu_start = time.perf_counter(), cpu_seconds(pid)
    steps = _step_until(selector, start + seconds)
    elapsed, cpu = time.perf_counter() - start, cpu_seconds(pid) - cpu_start
    for session in sessions:
        session.wait_for(b'"observation"')
    return {"steps": steps, "seconds": elapsed, "cpu_seconds": cpu}


def _step_until(selector: selectors.BaseSelector, deadline: float) -> int:
    steps = 0
    while time.perf_counter() < deadline:
        for key, _ in selector.select(timeout=1):
            session: Session = key.data
            if session.read():
                session.request()
                steps += 1
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int, help="the server's process")
    parser.add_argument("--dialect", choices=["v1", "v2"], default="v1")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--cpu", type=int)
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    sessions = open_sessions((options.host, options.port), options.dialect, options.sessions)
    measured = measure(sessions, options.seconds, options.pid)
    for session in sessions:
        session.close()
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
