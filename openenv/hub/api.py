"""The way to the Hub that everything of the runtime takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openenv.hub.token import find_token
from openenv.version import DISTRIBUTION, VERSION

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SPACE = "space"
"""What the Hub calls the kind of repository that environments are in."""


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
