"""H014 - H018: the loop over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openenv.validation.check import Finding, NotChecked, ProbeError, Stage, check
from openenv.validation.json_schema import misfits
from openenv.validation.results import misshapen
from openenv.validation.serving.server import Server
from openenv.validation.serving.web import Reply
from openenv.validation.wording import brief

_MEND = "serve with openenv.server"
_TOKEN = "X-OpenEnv-Session"
_WAIT_S = 5


class HttpSession:
    """A session over HTTP.

    Args:
        server: Where it lives.
        opened: What the server said about it.
    """

    def __init__(self, server: Server, opened: dict[str, Any]) -> None:
        self._web = server.web
        self._path = f"/sessions/{opened.get('session_id')}"
        self.headers = {_TOKEN: str(opened.get("session_token"))}

    def post(self, verb: str, body: Any, headers: dict[str, str] | None = None) -> Reply:
        """Reset or step."""
        return self._web.post(f"{self._path}/{verb}", body, self.headers if headers is None else headers)

    def state(self) -> Reply:
        """Ask for the state."""
        return self._web.get(f"{self._path}/state", self.headers)

    def delete(self) -> Reply:
        """End it."""
        return self._web.delete(self._path, self.headers)


@contextmanager
def http_session(server: Server) -> Iterator[HttpSession]:
    """Open a session over HTTP, which is deleted afterwards; raises ``NotChecked`` where every slot is taken."""
    reply = server.web.post(f"/sessions?wait_s={_WAIT_S}")
    if reply.code == "CAPACITY_REACHED":
        raise NotChecked(f"the server is full: {reply}")
    session = HttpSession(server, reply.object())
    try:
        yield session
    finally:
        session.delete()


@check(
    "H014",
    "POST /sessions opens a session",
    stage=Stage.SERVER,
    needs=("B001",),
    spoilt_by=("W013",),
    v2=True,
    mend=_MEND,
)
def session_is_opened(server: Server) -> Iterator[Finding]:
    """With 201, an id, a token and how long it may idle."""
    reply = server.web.post(f"/sessions?wait_s={_WAIT_S}")
    if reply.code == "CAPACITY_REACHED":
        raise NotChecked(f"the server is full: {reply}")
    opened = reply.object()
    if reply.status != 201:
        yield Finding(f"the status is {reply.status}, not 201", "POST /sessions")
    for name in ("session_id", "session_token", "expires_in_s"):
        if not opened.get(name):
            yield Finding(f"'{name}' is {brief(opened.get(name))}", "POST /sessions")
    if len(str(opened.get("session_token", ""))) < 22:
        yield Finding("the token holds less than 128 bits", "POST /sessions")
    HttpSession(server, opened).delete()


@check(
    "H015",
    "A session plays over HTTP",
    stage=Stage.SERVER,
    needs=("H014", "H009", "B002", "B007"),
    v2=True,
    mend=_MEND,
)
def session_plays(server: Server) -> Iterator[Finding]:
    """Reset, step and state, in the shape of v2."""
    with http_session(server) as session:
        for verb, body in (("reset", {"seed": 1}), ("step", {"action": server.action()})):
            reply = session.post(verb, body)
            if verb == "step" and reply.code == "INVALID_ACTION":
                continue
            for problem in misshapen(reply.object(), v2=True):
                yield Finding(problem, f"POST /sessions/…/{verb}")
        for problem in misfits(server.schemas.state, session.state().object()):
            yield Finding(problem, "GET /sessions/…/state")


@check("H016", "A session asks for its token", stage=Stage.SERVER, needs=("H014",), v2=True, mend=_MEND)
def token_is_required(server: Server) -> Iterator[Finding]:
    """Who knows only the id may do nothing."""
    with http_session(server) as session:
        for called, headers in (("no token", {}), ("a wrong token", {_TOKEN: "0" * 32})):
            reply = session.post("reset", {}, headers)
            if reply.status not in (401, 403, 404, 422):
                yield Finding(f"a reset with {called} was answered {reply}", "POST /sessions/…/reset")


@check("H017", "Bad session requests get typed errors", stage=Stage.SERVER, needs=("H014",), v2=True, mend=_MEND)
def session_errors_are_typed(server: Server) -> Iterator[Finding]:
    """And leave the session as it was."""
    wrong: list[tuple[str, str, Any, str]] = [
        ("a step before reset", "step", {"action": server.action()}, "RESET_REQUIRED"),
        ("broken JSON", "reset", b"{", "INVALID_JSON"),
        ("a JSON array", "reset", [], "VALIDATION_ERROR"),
        ("a negative seed", "reset", {"seed": -1}, "VALIDATION_ERROR"),
        ("an unknown action field", "step", {"action": {"no_such_field_": 1}}, "VALIDATION_ERROR"),
    ]
    with http_session(server) as session:
        for called, verb, body, code in wrong:
            reply = session.post(verb, body)
            if reply.code != code:
                yield Finding(f"{called} was answered {reply} instead of {code}", f"POST /sessions/…/{verb}")
        try:
            session.post("reset", {}).object()
        except ProbeError as error:
            yield error.finding("POST /sessions/…/reset", after="them")


@check("H018", "A deleted session is gone", stage=Stage.SERVER, needs=("H014",), v2=True, mend=_MEND)
def deleted_session_is_gone(server: Server) -> Iterator[Finding]:
    """Its slot is free, and its token opens nothing."""
    with http_session(server) as session:
        reply = session.delete()
        if reply.status not in (200, 204):
            yield Finding(f"DELETE was answered {reply}", "DELETE /sessions/…")
        reply = session.post("reset", {})
        if reply.status not in (404, 410):
            yield Finding(f"a reset after DELETE was answered {reply}", "POST /sessions/…/reset")
