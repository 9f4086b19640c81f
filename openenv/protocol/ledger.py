"""Which request may run now, and which was already answered.

Each session has one ledger. It makes a retry safe: the last reply is kept and a
repeated request gets that one back instead of running again.

States: idle → running → idle …; each transition is checked.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import Protocol

from openenv.errors import BusyError, IdReusedError, OutOfOrderError, StaleRequestError
from openenv.protocol.frames import Reply, Request


class Admission(Enum):
    """What to do with a request."""

    RUN = auto()
    """It is new: run it."""
    WAIT = auto()
    """It is running already: whoever asked last gets the reply."""
    REPLAY = auto()
    """It was answered: send that reply again."""


_RUN = Admission.RUN


class Ledger(Protocol):
    """What a session asks of its ledger."""

    reply: Reply | None
    """The reply to the last accepted request, as sent; ``None`` while it runs."""

    @property
    def running(self) -> bool:
        """Whether a request runs."""
        ...

    def admit(self, request: Request) -> Admission:
        """Decide about a request; raises a ``RequestError`` for one that must not run."""
        ...

    def complete(self, reply: Reply) -> None:
        """Keep the reply to the running request."""
        ...


class _Once:
    """The part that all ledgers share: one request at a time."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.running = False

    def complete(self, reply: Reply) -> None:
        """Keep the reply to the running request."""
        if not self.running:
            raise AssertionError("expected a running request, got a reply to none")
        self.running = False
        self.reply = reply

    def _begin(self) -> Admission:
        self.running = True
        self.reply = None
        return _RUN

    def _again(self) -> Admission:
        return Admission.WAIT if self.running else Admission.REPLAY


class SerialLedger(_Once):
    """For v1, whose frames have no ids and are answered one after the other."""

    def admit(self, request: Request) -> Admission:
        """Run it, unless another one runs."""
        if self.running:
            raise BusyError("another request of this session is running")
        return self._begin()


class NumberedLedger(_Once):
    """For v2: ids are 1, 2, 3 …, and the last one may come again."""

    def __init__(self) -> None:
        super().__init__()
        self.last_id = 0
        self._last_frame = ""

    def admit(self, request: Request) -> Admission:
        """Decide by the request's number.

        Raises:
            BusyError: Another one runs; the number is not consumed.
            OutOfOrderError: It skips a number.
            StaleRequestError: It is older than the last one.
            IdReusedError: It is the last number with another payload.
        """
        number = request.id
        assert isinstance(number, int)
        if number == self.last_id + 1 and not self.running:
            self.last_id, self._last_frame = number, request.raw
            return self._begin()
        if number == self.last_id:
            if not _same(request.raw, self._last_frame):
                raise IdReusedError(f"request {number} was sent before with another payload")
            return self._again()
        if number < self.last_id:
            raise StaleRequestError(f"request {number} is older than the last one, {self.last_id}")
        if self.running:
            raise BusyError(f"request {self.last_id} is still running; send the next one after its reply")
        raise OutOfOrderError(f"expected request {self.last_id + 1}, got {number}")


class NamedLedger(_Once):
    """For HTTP: a request may have a name, and the last name may come again.

    A look at the state changes nothing, so it does not make the ledger forget the request before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last_name: str | None = None
        self._last_frame = ""
        self._looking = False

    def admit(self, request: Request) -> Admission:
        """Decide by the request's name.

        Raises:
            BusyError: Another one runs.
            IdReusedError: It is the last name with another payload.
        """
        name = request.id
        if name is not None and name == self._last_name:
            if not _same(request.raw, self._last_frame):
                raise IdReusedError(f"request {name!r} was sent before with another payload")
            return Admission.REPLAY if self._looking else self._again()
        if self.running:
            raise BusyError("another request of this session is running")
        self._looking = request.kind == "state"
        if self._looking:
            self.running = True
            return Admission.RUN
        self._last_name, self._last_frame = None if name is None else str(name), request.raw
        return self._begin()

    def complete(self, reply: Reply) -> None:
        """Keep the reply to the running request, unless that is a look at the state."""
        kept = self.reply if self._looking else reply
        super().complete(reply)
        self.reply, self._looking = kept, False


def _same(frame: str, other: str) -> bool:
    """Whether two frames say the same, however they are spaced."""
    return frame == other or bool(json.loads(frame) == json.loads(other))
