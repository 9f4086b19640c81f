"""Refusals of the Hub, as its client reads them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse


class Problem(Exception):
    """A request that is refused.

    Attributes:
        status: The HTTP status.
        message: What is said about it.
        code: The value of ``X-Error-Code``, by which the client tells apart what was not found.
        data: What else the body holds.
        headers: Further headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.data = data or {}
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        """The same as a response."""
        headers = {"X-Error-Message": self.message.replace("\n", " "), **self.headers}
        if self.code:
            headers["X-Error-Code"] = self.code
        return JSONResponse({"error": self.message, **self.data}, self.status, headers)


def no_repository(*, anonymous: bool) -> Problem:
    """A repository that is not there, or is private: strangers cannot tell which."""
    if not anonymous:
        return Problem(404, "Repository not found", code="RepoNotFound")
    # The real Hub sends no code with this. Its client takes it for a missing repository all the same, but looks for
    # an address that begins with https.
    return Problem(401, "Invalid username or password.", code="RepoNotFound")


def no_revision(revision: str) -> Problem:
    """A branch, tag, pull request or commit that is not there."""
    return Problem(404, f"Invalid rev id: {revision}", code="RevisionNotFound")


def no_entry(path: str, commit: str) -> Problem:
    """A file that is not there, at a commit that is."""
    return Problem(404, f"Entry not found: {path}", code="EntryNotFound", headers={"X-Repo-Commit": commit})


async def respond(_: Request, problem: Exception) -> JSONResponse:
    """Answer with a problem."""
    assert isinstance(problem, Problem)
    return problem.response()
