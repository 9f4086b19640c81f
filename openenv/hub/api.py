"""The way to the Hub that everything of the runtime takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openenv.hub.token import find_token
from openenv.version import DISTRIBUTION, VERSION

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SPACE = "space"
"""What the Hub calls the kind of repository that environments are in."""

_CONNECT_S = 5.0
"""How long the Hub may take to accept a connection: without a network it never does."""


def hub_api(token: str | None = None) -> HfApi:
    """Make a client of the Hub that ``HF_ENDPOINT`` names; nothing is sent yet.

    Args:
        token: Who is asking; found as :func:`find_token` does where left out.

    Returns:
        The client, which says to the Hub what it is a part of.

    Raises:
        HubTokenError: The token cannot be one.
    """
    from huggingface_hub import HfApi

    # False keeps huggingface_hub from looking for a token where find_token has found none.
    return HfApi(token=find_token(token) or False, library_name=DISTRIBUTION, library_version=VERSION)


def ask(path: str, token: str | None, timeout_s: float, params: Mapping[str, Any] | None = None) -> Any:
    """Ask the Hub once, and not longer than it may be silent: calls of ``huggingface_hub`` that take no time wait on.

    Args:
        path: What is asked for, from the Hub's address on.
        token: Who is asking; found as :func:`find_token` does where left out.
        timeout_s: How long it may be silent, in seconds.
        params: The query.

    Returns:
        The JSON that it answers.

    Raises:
        HfHubHTTPError: It refuses.
        HTTPError: It does not answer.
    """
    from httpx2 import Timeout
    from huggingface_hub import constants, get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = build_hf_headers(token=find_token(token) or False, library_name=DISTRIBUTION, library_version=VERSION)
    timeout = Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))
    response = get_session().get(f"{constants.ENDPOINT}{path}", params=params, headers=headers, timeout=timeout)
    hf_raise_for_status(response)
    return response.json()
