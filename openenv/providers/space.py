"""Plays on a Space of the Hub, where it runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from openenv.hub.repo_id import RepoId
from openenv.hub.space import Space
from openenv.providers.patience import Patience

logger = logging.getLogger("openenv.providers")


class SpaceProvider:
    """Wakes a Space where it sleeps and waits until it runs; leaves it as it is in the end.

    Args:
        repo_id: The Space, as ``owner/name``.
        revision: The branch, tag or commit that it has to run; whatever it runs where left out.
        token: Who is asking; ``HF_TOKEN`` or what ``hf auth login`` has kept where left out.
        startup_timeout_s: How long it may take until it is healthy, in seconds.

    Raises:
        RepoIdError: That is not the name of a Space.
    """

    def __init__(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        token: str | None = None,
        startup_timeout_s: float = 600.0,
    ) -> None:
        self.repo_id = RepoId.parse(repo_id)
        self.startup_timeout_s = startup_timeout_s
        self._asked = revision
        self._token = token
        self._space: Space | None = None
        self._patience = Patience()

    @property
    def revision(self) -> str | None:
        """The commit that it runs; ``None`` before the Hub was asked."""
        return None if self._space is None else self._space.commit

    @property
    def headers(self) -> Mapping[str, str]:
        """What its server asks for of whoever speaks to it: the token, where it is private."""
        return {} if self._space is None else self._space.headers

    def start(self) -> str:
        """Wait until it runs.

        Returns:
            Its base URL.

        Raises:
            HubError: There is no such Space or revision, or the Hub does not answer.
            RevisionNotDeployedError: It runs another revision than the one that was asked for.
            SpaceNotRunningError: It failed, is paused, or was not healthy in time.
        """
        self._patience = patience = Patience()
        self._space = space = Space.find(self.repo_id, self._asked, self._token)
        space.require_deployed()
        url = space.wait_until_up(self.startup_timeout_s, self._tell, patience.pause)
        logger.info("%s: playing at %s, which is made of %s", self.repo_id, url, space.commit)
        return url

    def stop(self) -> None:
        """Wait no longer; the Space goes on."""
        self._patience.lose()

    def _tell(self, stage: str) -> None:
        logger.info("%s: %s", self.repo_id, stage)
