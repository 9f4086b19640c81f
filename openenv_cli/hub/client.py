"""The Hub as a push talks to it: patient where it wants fewer requests, and heard where it has something to say."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from openenv.hub.api import hub_api
from openenv.hub.errors import HubForbiddenError, HubRateLimitError, HubTokenError, explained
from openenv.hub.token import require_token
from openenv_cli.hub.events import OnEvent, Remark

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")

_PATIENCE_S = 300
"""How long a push waits in all for the Hub to take more requests."""

_FIRST_WAIT_S = 5
_CONNECT_S, SILENCE_S = 20.0, 300.0
"""How long the Hub may take to accept a connection, and to say anything on one."""


class Client:
    """The Hub, for one who may write there.

    Args:
        token: Who is asking; found where left out.
        on_event: Is told when the Hub has to be waited for.

    Raises:
        HubTokenError: There is no token.
    """

    def __init__(self, token: str | None, on_event: OnEvent) -> None:
        self._given = token
        self.token = require_token(token)
        self.api: HfApi = hub_api(self.token)
        self._on_event = on_event
        self._waited = 0

    def ask(self, repo_id: object, question: Callable[[HfApi], T]) -> T:
        """Ask the Hub something, and ask again where it wants fewer requests.

        Args:
            repo_id: The Space that it is about; ``None`` for none.
            question: Asks it, with the client of the Hub.

        Returns:
            What came of it.

        Raises:
            HubError: It refused, or gave no answer.
        """
        from httpx2 import Timeout
        from huggingface_hub import get_session

        while True:
            try:
                # Its own client would wait for ever on a connection that has gone silent.
                get_session().timeout = Timeout(SILENCE_S, connect=_CONNECT_S)
                with explained(repo_id):
                    return question(self.api)
            except HubRateLimitError as limit:
                seconds = limit.data["retry_after_s"] or max(_FIRST_WAIT_S, self._waited)
                if self._waited + seconds > _PATIENCE_S:
                    raise
                self._on_event(Remark(f"the Hub takes no more requests for now: asking again in {seconds} s"))
                time.sleep(seconds)
                self._waited += seconds

    def user(self) -> str:
        """Ask who the token stands for.

        Returns:
            The name of the user.

        Raises:
            HubTokenError: The Hub does not know it.
            HubForbiddenError: It may only read.
        """
        try:
            answer: dict[str, Any] = self.ask(None, lambda api: api.whoami())
        except HubTokenError as error:
            raise HubTokenError(error.message, error.data, hint=self._where_it_is_from()) from error
        role = answer.get("auth", {}).get("accessToken", {}).get("role")
        if role == "read":
            hint = "make one with the role write at https://huggingface.co/settings/tokens"
            raise HubForbiddenError(f"the token of {answer['name']} may only read", hint=hint)
        return str(answer["name"])

    def _where_it_is_from(self) -> str:
        if self._given is not None:
            return "it is the one of --token: is it whole?"
        if os.environ.get("HF_TOKEN"):
            return "it is the one in HF_TOKEN, which comes before that of hf auth login: set it anew, or unset it"
        return "log in again: hf auth login --force"


@contextmanager
def heard(on_event: OnEvent, *, bars: bool) -> Iterator[None]:
    """Have what the Hub's own client logs and warns of told as remarks.

    Args:
        on_event: Is told what it says.
        bars: Whether it shows how far each large file is.
    """
    from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

    logger = logging.getLogger("huggingface_hub")
    handlers = logger.handlers
    logger.handlers = [_Telling(on_event)]
    if not bars:
        disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_, **__: on_event(Remark(str(message)))
            yield
    finally:
        logger.handlers = handlers
        if not bars:
            enable_progress_bars()


class _Telling(logging.Handler):
    def __init__(self, on_event: OnEvent) -> None:
        super().__init__(logging.WARNING)
        self._on_event = on_event

    def emit(self, record: logging.LogRecord) -> None:
        self._on_event(Remark(f"huggingface_hub: {record.getMessage()}"))
