"""Runs the image of a Space in a container of its own."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import Any

from openenv.engine import EngineMissingError, connect
from openenv.hub.api import hub_api
from openenv.hub.errors import explained as hub_explained
from openenv.hub.repo_id import RepoId
from openenv.hub.space import Space
from openenv.providers.base import Provider, image_provider
from openenv.providers.docker import DockerProvider
from openenv.providers.patience import Patience
from openenv.providers.pull import pull
from openenv.providers.refusals import ImageMissingError, explained

logger = logging.getLogger("openenv.providers")

_WITHOUT_ENGINE = (
    "start Docker; or, in Python, use_docker=False plays on the Space where it runs, and provider=ProcessProvider "
    "serves its files in a process here; commands take the URL of a Space that runs"
)

_WITHOUT_IMAGE = (
    "the Hub has one once the Space was built, and may ask for docker login; provider=ProcessProvider serves its files"
)


_WITHOUT_COMMIT = "an image is here, but may be of another commit: leave revision= out to run it"


class SpaceImageProvider:
    """Pulls the newest image of a Space and runs it.

    Args:
        repo_id: The Space, as ``owner/name``.
        revision: The branch, tag or commit that the image has to be made of; whatever it is made of where left out.
        token: Who is asking; ``HF_TOKEN`` or what ``hf auth login`` has kept where left out.
        provider: What runs it, called with the image's name and the options; :class:`DockerProvider` where left out.
        **options: Options of that provider.

    Raises:
        RepoIdError: That is not the name of a Space.
    """

    def __init__(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        token: str | None = None,
        provider: Any = None,
        **options: Any,
    ) -> None:
        self.repo_id = RepoId.parse(repo_id)
        self.revision: str | None = None
        self._asked = revision
        self._token = token
        self._candidate = provider
        self._options = options
        # Made now, so that an option that there is not is told at once.
        ours = provider in (None, DockerProvider)
        self._provider: Provider | None = DockerProvider("", **options) if ours else None
        self._patience = Patience()

    def start(self) -> str:
        """Pull the image, unless it is here already, and run it.

        Returns:
            Its base URL.

        Raises:
            HubError: There is no such Space or revision, or the Hub does not answer.
            RevisionNotDeployedError: The image is made of another revision than the one that was asked for.
            EngineMissingError: There is no container engine; the hint names the ways that need none.
            EngineError: The engine refuses.
            ImageMissingError: There is no image of it: it was never built, or may not be pulled. Where a revision
                was asked for, one that cannot be pulled anew will not do.
            ServerStartError: The server ended, or was not healthy in time.
        """
        self._patience = patience = Patience()
        if isinstance(self._provider, DockerProvider):
            _require_engine()
        space = Space.find(self.repo_id, self._asked, self._token)
        space.require_deployed()
        self.revision = space.commit
        if isinstance(self._provider, DockerProvider):
            if not _pull(space, patience, any_will_do=self._asked is None):
                self.revision = None
            self._provider.image = space.image
            self._provider.container_port = self._provider.container_port or space.port
        else:
            self._provider = image_provider(space.image, self._candidate, self._options)
        patience.check()
        if self.revision is not None:
            logger.info("%s: running %s, which is made of %s", self.repo_id, space.image, self.revision)
        return self._provider.start()

    def stop(self) -> None:
        """Stop the container and remove it, or what is being done to start it."""
        self._patience.lose()
        if self._provider is not None:
            self._provider.stop()


def _require_engine() -> None:
    """Check that there is an engine before anything is asked of the Hub."""
    try:
        connect().close()
    except EngineMissingError as error:
        raise EngineMissingError(error.message, error.data, hint=_WITHOUT_ENGINE) from None


def _pull(space: Space, patience: Patience, *, any_will_do: bool) -> bool:
    """Pull the newest image; returns whether it is here, or an older one does, of which nobody knows the commit."""
    with closing(connect()) as engine, explained(space.image):
        try:
            pull(engine, space.image, patience.check, _login(space))
        except ImageMissingError as error:
            if not engine.images.list(name=space.image):
                raise ImageMissingError(error.message, error.data, hint=_WITHOUT_IMAGE) from error
            unreached = f"{space.image} cannot be pulled: {error.data['reason']}"
            if not any_will_do:
                raise ImageMissingError(unreached, error.data, hint=_WITHOUT_COMMIT) from error
            logger.warning("%s: running the image that is here already, for %s", space.repo_id, unreached)
            return False
        return True


def _login(space: Space) -> dict[str, str] | None:
    """Say who pulls the image of a private Space: the Hub's registry takes the user's name and token."""
    if not space.private or space.token is None:
        return None
    with hub_explained(space.repo_id):
        return {"username": str(hub_api(space.token).whoami()["name"]), "password": space.token}
