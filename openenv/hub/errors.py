"""What the Hub refuses, and what keeps it from answering.

::

    OpenEnvError
    └── HubError                        the Hub refused, or cannot do it
        ├── HubTokenError               there is no token, or the Hub does not know it (401)
        ├── HubForbiddenError           the token does not allow it (403)
        ├── HubNotFoundError            no such Space, revision or file, or none that the token may see (404)
        ├── HubConflictError            something else happened meanwhile, or there is one already (409, 412)
        └── HubUnavailableError         (ConnectError) no answer: no network, a cut connection, a fault of the Hub (5xx)
            └── HubRateLimitError       too many requests; data["retry_after_s"] says when to come back (429)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from openenv.errors import ConnectError, OpenEnvError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError


class HubError(OpenEnvError):
    """The Hub refused; ``data`` has the ``repo_id``, and the ``status`` and ``request_id`` where it answered."""

    advice = "what the Hub said stands above; https://status.huggingface.co says how it is doing"


class HubTokenError(HubError):
    """There is no token, or the Hub does not know it."""

    advice = "log in once with hf auth login, or set HF_TOKEN to a token of https://huggingface.co/settings/tokens"


class HubForbiddenError(HubError):
    """The token does not allow it."""

    advice = "use a token with the role write, of a member of the organization if it is one's"


class HubNotFoundError(HubError):
    """There is no such Space, revision or file, or none that this token may see."""

    advice = "check the name; a private Space needs the token of somebody who may see it"


class HubConflictError(HubError):
    """Something else happened there meanwhile, or there is one already."""

    advice = "look at what is there now, then do it again"


class HubUnavailableError(HubError, ConnectError):
    """The Hub does not answer: no network, a connection that was cut, or a fault of its own."""

    advice = "check the network, or try again later: https://status.huggingface.co says how the Hub is doing"


class HubRateLimitError(HubUnavailableError):
    """The Hub wants fewer requests; ``data["retry_after_s"]`` is when it takes the next, where it says so."""

    advice = "wait, then do it again"


_BY_STATUS: dict[int, tuple[type[HubError], str]] = {
    402: (HubForbiddenError, "the Hub asks for a plan that pays for it"),
    401: (HubTokenError, "the Hub asks for a token that it knows"),
    403: (HubForbiddenError, "the Hub forbids it"),
    404: (HubNotFoundError, "the Hub has no such thing"),
    409: (HubConflictError, "the Hub has another state than expected"),
    412: (HubConflictError, "the Space has changed meanwhile"),
    429: (HubRateLimitError, "the Hub takes no more requests for now"),
}

_UNKNOWN_TOKEN = (
    "it is that of token=, else of HF_TOKEN, else of hf auth login: make a new one at "
    "https://huggingface.co/settings/tokens"
)

_OTHERS = ((HubError, "the Hub refuses it"), (HubUnavailableError, "the Hub failed"))
"""What any other status means, below 500 and from there on."""


@contextmanager
def explained(repo_id: object = None) -> Iterator[None]:
    """Raise what ``huggingface_hub`` and the network raise as errors of ours.

    Args:
        repo_id: The Space that it is about, if any.

    Raises:
        HubError: What was raised inside, as the class that fits.
    """
    from httpx2 import HTTPError, InvalidURL
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RevisionResolutionError,
    )

    data = {} if repo_id is None else {"repo_id": str(repo_id)}
    try:
        yield
    except HfHubHTTPError as error:
        raise _refusal(error, data) from error
    except OfflineModeIsEnabled as error:
        hint = "unset HF_HUB_OFFLINE"
        raise HubUnavailableError("HF_HUB_OFFLINE is set: the Hub is not asked", data, hint=hint) from error
    except (RuntimeError, ValueError) as error:
        # What an upload raises for a reply, or for a connection that was cut.
        if isinstance(error.__cause__, HfHubHTTPError):
            raise _refusal(error.__cause__, data) from error
        if not isinstance(error, JSONDecodeError) and not isinstance(error.__cause__, HTTPError):
            raise
        raise _no_answer(error, data) from error
    except (HTTPError, InvalidURL, LocalEntryNotFoundError, RevisionResolutionError) as error:
        raise _no_answer(error, data) from error


def _no_answer(error: Exception, data: dict[str, Any]) -> HubUnavailableError:
    return HubUnavailableError(f"{_endpoint()} gave no answer to use: {_innermost(error)}", data)


def _refusal(error: HfHubHTTPError, data: dict[str, Any]) -> HubError:
    """Choose the class by the status, and the words by what exactly is missing."""
    from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    status = error.response.status_code
    data = {**data, "status": status, "request_id": error.request_id}
    kind, what = _BY_STATUS.get(status, _OTHERS[status >= 500])
    repo_id = data.get("repo_id", "the repository")
    hint = _UNKNOWN_TOKEN if kind is HubTokenError else None
    if isinstance(error, RepositoryNotFoundError):
        kind, what, hint = HubNotFoundError, f"there is no Space {repo_id}, or none that this token may see", None
    elif isinstance(error, RevisionNotFoundError):
        what, hint = f"{repo_id} has no such revision", "revision= takes a branch, a tag or a commit"
    elif isinstance(error, RemoteEntryNotFoundError):
        what = f"{repo_id} has no such file"
    if kind is HubRateLimitError:
        data["retry_after_s"] = _retry_after_s(error)
    said = " ".join((error.server_message or "").split())
    return kind(f"{what} ({status}{f': {said}' if said else ''})", data, hint=hint)


def _retry_after_s(error: HfHubHTTPError) -> int | None:
    """Read when to come back: ``Retry-After`` in seconds (RFC 9110, 10.2.3), or ``t`` of the draft's ``RateLimit``."""
    headers = error.response.headers
    after = headers.get("Retry-After", "").strip()
    if after.isdigit():
        return int(after)
    reset = re.search(r"\bt=(\d+)", headers.get("RateLimit", ""))
    return int(reset[1]) if reset else None


def _endpoint() -> str:
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _innermost(error: BaseException) -> str:
    """Say in one line what was at the bottom of an error; the errors around it repeat it at length."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__
