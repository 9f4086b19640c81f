"""Everything that can go wrong, as one tree.

::

    OpenEnvError
    ├── ConfigurationError                  (ValueError)      a server, client or project is set up wrongly
    │   └── ConcurrencyConfigurationError
    ├── RequestError                        (RuntimeError)    a request was refused; the session goes on
    │   ├── InvalidJSONError                INVALID_JSON
    │   ├── UnknownTypeError                UNKNOWN_TYPE
    │   ├── RequestValidationError          VALIDATION_ERROR
    │   ├── InvalidActionError              INVALID_ACTION         raised by authors: the episode goes on
    │   ├── ResetRequiredError              RESET_REQUIRED
    │   ├── BusyError                       BUSY
    │   ├── StaleRequestError               STALE_REQUEST
    │   ├── OutOfOrderError                 OUT_OF_ORDER
    │   ├── IdReusedError                   ID_REUSED
    │   ├── UnknownRouteError               UNKNOWN_ROUTE
    │   └── UnauthorizedError               UNAUTHORIZED
    ├── ExecutionError                      (RuntimeError)    EXECUTION_ERROR: the environment raised
    │   ├── EnvironmentFault                                       raised by authors: sent as it is
    │   ├── InvalidResultError              INVALID_RESULT
    │   ├── EnvironmentFactoryError         FACTORY_ERROR
    │   └── EnvironmentCrashedError         ENVIRONMENT_CRASHED    the session is over
    ├── DeadlineError                       (TimeoutError)    TIMEOUT: the session is over
    ├── ResponseTimeoutError                (TimeoutError)    no reply within the client's own limit
    └── SessionError                        (ConnectionError) SESSION_ERROR: there is no session to use
        ├── SessionNotFoundError            SESSION_NOT_FOUND
        ├── SessionExpiredError             SESSION_EXPIRED
        ├── SessionCapacityError            CAPACITY_REACHED
        ├── ServerDrainingError             DRAINING
        ├── SessionSupersededError                                 a newer socket took the session
        └── ConnectError                                           no server answers, or no longer
            └── ServerStartError                                   one that was started here did not get healthy

Those with a code travel: the server's error is raised again, as the same class, in the client.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

_OUR_BUG = "clients of this package do not do that: please report it"


class OpenEnvError(Exception):
    """Base of every error of this package.

    From Python 3.11 on, a traceback shows the hint below the message.

    Args:
        message: What is wrong, where, and what would do, in one sentence.
        data: Facts about it, as JSON values (limits, counts, known names …).
        hint: What to do about it, in one line; the ``advice`` of the class where left out.
    """

    code: ClassVar[str | None] = None
    advice: ClassVar[str | None] = None

    def __init__(self, message: str, data: dict[str, Any] | None = None, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = data or {}
        self.hint = hint or self.advice
        if sys.version_info >= (3, 11) and self.hint:
            self.add_note(f"hint: {self.hint}")


class ConfigurationError(OpenEnvError, ValueError):
    """A server, client or project is set up in a way that cannot work."""


class ConcurrencyConfigurationError(ConfigurationError):
    """More than one session was asked of an environment that does not support it."""


class RequestError(OpenEnvError, RuntimeError):
    """A request was refused; nothing changed and the session goes on."""


class InvalidJSONError(RequestError):
    """The frame or body is not JSON."""

    code = "INVALID_JSON"
    advice = _OUR_BUG


class UnknownTypeError(RequestError):
    """The frame's ``type`` is missing or unknown."""

    code = "UNKNOWN_TYPE"
    advice = _OUR_BUG


class RequestValidationError(RequestError):
    """A field is missing, unknown or of the wrong type; ``data["errors"]`` lists each one."""

    code = "VALIDATION_ERROR"
    advice = 'correct the request; data["errors"], where it is there, lists each problem'


class InvalidActionError(RequestError):
    """The action is well formed but not possible now; raise it in ``step`` before changing anything."""

    code = "INVALID_ACTION"
    advice = "choose another action: nothing has changed, and the episode goes on"


class ResetRequiredError(RequestError):
    """A step came before the first reset, or after the end of the episode."""

    code = "RESET_REQUIRED"
    advice = "reset() begins an episode"


class BusyError(RequestError):
    """Another request of this session is still running."""

    code = "BUSY"
    advice = "wait for the reply to the request before it"


class StaleRequestError(RequestError):
    """The request's id is older than the last accepted one."""

    code = "STALE_REQUEST"
    advice = _OUR_BUG


class OutOfOrderError(RequestError):
    """The request's id skips at least one."""

    code = "OUT_OF_ORDER"
    advice = _OUR_BUG


class IdReusedError(RequestError):
    """The last id came again with another payload."""

    code = "ID_REUSED"
    advice = _OUR_BUG


class UnknownRouteError(RequestError):
    """The server has nothing at this path, or not for this method."""

    code = "UNKNOWN_ROUTE"
    advice = "the server's /docs shows what there is"


class UnauthorizedError(RequestError):
    """The API key, the origin or the host was refused."""

    code = "UNAUTHORIZED"
    advice = "pass the server's key as api_key=, or a token as token="


class ExecutionError(OpenEnvError, RuntimeError):
    """The environment raised an exception; the session stays usable."""

    code = "EXECUTION_ERROR"
    advice: ClassVar[str | None] = (
        "the session goes on: reset(), or try another action; the server's log has the traceback"
    )


class EnvironmentTraceback(Exception):
    """The cause of an error that another process reported: the traceback there, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(f"\n{text.rstrip()}")


class EnvironmentFault(ExecutionError):
    """Raised by an author whose environment cannot go on; its message reaches the client as it is."""

    advice = None


class InvalidResultError(ExecutionError):
    """The environment returned something that cannot be sent: a wrong type, or a number that is not finite."""

    code = "INVALID_RESULT"
    advice = "mend the environment, or give client and server the same version of it"


class EnvironmentFactoryError(ExecutionError):
    """The environment could not be made."""

    code = "FACTORY_ERROR"
    advice = "the server's log has the traceback"


class EnvironmentCrashedError(ExecutionError):
    """The environment's process died; its session is over."""

    code = "ENVIRONMENT_CRASHED"
    advice = "new_session() opens a fresh session"


class DeadlineError(OpenEnvError, TimeoutError):
    """The environment took longer than the server allows; its session is over."""

    code = "TIMEOUT"
    advice = "new_session() opens a fresh session; the server's reset_timeout_s and step_timeout_s set the limits"


class ResponseTimeoutError(OpenEnvError, TimeoutError):
    """No reply came within ``message_timeout_s``; the request goes on and the session is kept."""

    advice = "call again to wait on, or give the client a longer message_timeout_s"


class SessionError(OpenEnvError, ConnectionError):
    """There is no session to use."""

    code = "SESSION_ERROR"
    advice = "connect() opens a fresh session"


class SessionNotFoundError(SessionError):
    """No session has this id and token."""

    code = "SESSION_NOT_FOUND"
    advice = "the server was restarted, or has ended the session: connect() opens a fresh one"


class SessionExpiredError(SessionError):
    """The session ended: idle, evicted, closed or lost; ``data["reason"]`` says which."""

    code = "SESSION_EXPIRED"


class SessionCapacityError(SessionError):
    """Every slot is taken, and the wait for one is over; ``data["retry_after_s"]`` says when to try again."""

    code = "CAPACITY_REACHED"
    advice = 'try again after data["retry_after_s"] seconds, or serve with more --max-sessions'


class ServerDrainingError(SessionError):
    """The server is shutting down and takes nothing new."""

    code = "DRAINING"
    advice = "connect to another server, or to this one once it is back"


class SessionSupersededError(SessionError):
    """A newer connection took this session over."""

    advice = "the session goes on in the connection that took it over"


class ConnectError(SessionError):
    """No server answers there, or it stopped answering and the session could not be resumed."""

    advice = "is the server running, and is this its address?"


class ServerStartError(ConnectError):
    """A server that a provider started ended, or did not get healthy; ``data["log"]`` is what it printed."""

    advice = 'data["log"] is what it printed'


def _with_codes(root: type[OpenEnvError]) -> dict[str, type[OpenEnvError]]:
    found = {root.code: root} if root.code and "code" in vars(root) else {}
    for child in root.__subclasses__():
        found.update(_with_codes(child))
    return found


BY_CODE: dict[str, type[OpenEnvError]] = _with_codes(OpenEnvError)
"""Each code that travels -> the class that is raised for it."""
