"""Which token says to the Hub who is asking."""

from __future__ import annotations

from openenv.hub.errors import HubTokenError


def find_token(given: str | None = None) -> str | None:
    """Find the token: one that is given, else ``HF_TOKEN``, else what ``hf auth login`` has kept.

    Args:
        given: The token that an option or an argument names.

    Returns:
        The token, or ``None`` where there is none. Nobody is ever asked for one.

    Raises:
        HubTokenError: It cannot be one, or cannot be read or renewed.
    """
    from huggingface_hub import get_token
    from huggingface_hub.errors import DeviceCodeError, OIDCError

    try:
        token = get_token() if given is None else given.strip()
    except (DeviceCodeError, OIDCError, OSError, UnicodeDecodeError) as error:
        raise HubTokenError(f"the token cannot be had: {error}") from error
    if token is not None and not (token and token.isascii() and token.isprintable() and " " not in token):
        raise HubTokenError("the token is empty, or holds what no token does: blanks, or letters that are not ASCII")
    return token


def require_token(given: str | None = None) -> str:
    """Find the token, where nothing goes without one.

    Args:
        given: The token that an option or an argument names.

    Returns:
        The token.

    Raises:
        HubTokenError: There is none.
    """
    token = find_token(given)
    if token is None:
        raise HubTokenError("no token for the Hub: this machine is not logged in, and HF_TOKEN is not set")
    return token
