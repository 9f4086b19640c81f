"""A Space: what the Hub says of it, and how it gets to run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from openenv.errors import ConfigurationError, ConnectError
from openenv.hub.api import ask, hub_api
from openenv.hub.errors import HubUnavailableError, explained
from openenv.hub.repo_id import RepoId
from openenv.hub.token import find_token

if TYPE_CHECKING:
    from huggingface_hub.hf_api import SpaceInfo

UP = ("RUNNING", "RUNNING_BUILDING", "RUNNING_APP_STARTING")
"""Stages in which a Space answers, be it with what was there before the last push."""

ASLEEP = "SLEEPING"
"""The stage of a Space that nobody has visited for long; a visit wakes it."""

_HOPELESS = {
    "NO_APP_FILE": "nothing was pushed there yet: openenv push does it",
    "CONFIG_ERROR": "the front matter of its README is wrong; its page says where",
    "BUILD_ERROR": "its page has the log of the build",
    "RUNTIME_ERROR": "its page has the log of its server",
    "PAUSED": "only its owner can start it again, on its page",
    "STOPPED": "only its owner can start it again, on its page",
    "DELETING": "it is being deleted",
}
"""Stages that no Space leaves by itself, and what to say of each."""

_EMPTY = ("NO_APP_FILE", "DELETING")
"""Those in which there is nothing to run elsewhere either."""

_REGISTRY = "registry.hf.space"
_REGISTRY_VARIABLE = "OPENENV_SPACES_REGISTRY"
_DEFAULT_PORT = 7860
"""Where the server of a Space listens that does not say ``app_port`` (https://huggingface.co/docs/hub/spaces-sdks-docker)."""

_ASK_S = 30.0
_LEAST_ASK_S = 1.0
"""How long an answer may take where no time is left: the last look is a fair one."""

_FIRST_PAUSE_S, _GROWTH, _LONGEST_PAUSE_S = 0.2, 1.5, 5.0
_NO_SERVER = "its page shows what it is; openenv list --hub finds Spaces that are environments"
_ELSEWHERE = "in Python, use_docker=True runs its image here, and provider=ProcessProvider its files"


class SpaceNotRunningError(ConnectError):
    """A Space does not run, and will not by waiting; ``data["stage"]`` is what it is at."""


class RevisionNotDeployedError(ConfigurationError):
    """Another revision was asked for than the one that is deployed; ``data["deployed"]`` is that one."""

    advice = "provider=ProcessProvider runs any revision; leave revision out to take what is deployed"


@dataclass(frozen=True)
class Space:
    """A Space as the Hub knows it.

    Attributes:
        repo_id: What it is called.
        commit: The commit of the revision that was asked for.
        deployed: The commit that its server and its image are made of.
        private: Whether only some may see it.
        url: Where its server is; ``None`` where it never ran.
        image: What its image is called.
        port: Where its server listens in its container.
        token: Who is asking.
    """

    repo_id: RepoId
    commit: str
    deployed: str
    private: bool
    url: str | None
    image: str
    port: int
    token: str | None = field(repr=False)

    @classmethod
    def find(cls, repo_id: RepoId, revision: str | None = None, token: str | None = None) -> Space:
        """Ask the Hub for a Space.

        Args:
            repo_id: What it is called.
            revision: A branch, a tag or a commit; the newest commit where left out.
            token: Who is asking; found as :func:`find_token` does where left out.

        Returns:
            The Space.

        Raises:
            HubError: There is no such Space or revision, or the Hub does not say.
        """
        token = find_token(token)
        api = hub_api(token)
        with explained(repo_id):
            info = api.space_info(str(repo_id), timeout=_ASK_S)
            asked = info if revision is None else api.space_info(str(repo_id), revision=revision, timeout=_ASK_S)
        newest = str(info.sha)
        deployed = str((info.runtime.raw if info.runtime else {}).get("sha") or newest)
        port = (info.card_data.get("app_port") if info.card_data else None) or _DEFAULT_PORT
        return cls(
            repo_id=repo_id,
            commit=deployed if revision is None else str(asked.sha),
            deployed=deployed,
            private=bool(info.private),
            url=info.host,
            image=f"{registry()}/{_subdomain(repo_id, info)}:latest",
            port=int(port),
            token=token,
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """What its server asks for of whoever speaks to it; a public one never sees a token."""
        return {"Authorization": f"Bearer {self.token}"} if self.private and self.token else {}

    def require_deployed(self) -> None:
        """Check that what is deployed is what was asked for.

        Raises:
            RevisionNotDeployedError: It is not.
        """
        if self.commit != self.deployed:
            raise RevisionNotDeployedError(
                f"{self.repo_id} is deployed at {self.deployed[:12]}, not at {self.commit[:12]}",
                {"repo_id": str(self.repo_id), "asked": self.commit, "deployed": self.deployed},
            )

    def wait_until_up(self, timeout_s: float, on_stage: Callable[[str], None], pause: Callable[[float], object]) -> str:
        """Wake it where it sleeps, and wait until its server is healthy.

        Args:
            timeout_s: How long that may take, in seconds.
            on_stage: Is told each stage as it is reached.
            pause: Lets so many seconds pass; raises where nobody waits any longer.

        Returns:
            The URL of its server.

        Raises:
            SpaceNotRunningError: It failed, is paused, is none of ours, or is not healthy in time.
            HubError: The Hub does not say how it is doing.
        """
        until = monotonic() + timeout_s
        seconds, stage, problem = _FIRST_PAUSE_S, "", ""
        while True:
            now = self._stage(until)
            if now not in ("", stage):
                stage = now
                on_stage(stage)
            if stage in _HOPELESS:
                hint = _HOPELESS[stage] if stage in _EMPTY else f"{_HOPELESS[stage]}; {_ELSEWHERE}"
                raise self._not_running(f"does not run ({stage})", stage, hint)
            if self.url is not None and (stage in UP or stage == ASLEEP):
                problem, lasts = self._knock(self.url, until)
                if stage in UP and not problem:
                    return self.url
                if stage in UP and lasts:
                    raise self._not_running(f"runs, but is no OpenEnv server: {problem}", stage, _NO_SERVER)
            if monotonic() > until:
                problem = f": {problem}" if problem else ""
                raise self._not_running(f"was not up within {timeout_s:g} s ({stage}){problem}", stage, _ELSEWHERE)
            pause(seconds)
            seconds = min(seconds * _GROWTH, _LONGEST_PAUSE_S)

    def _stage(self, until: float) -> str:
        """Ask where it stands; nothing is said by a Hub that does not answer for a moment, while there is time."""
        try:
            with explained(self.repo_id):
                return str(ask(f"/api/spaces/{self.repo_id}/runtime", self.token, _until(until))["stage"])
        except HubUnavailableError:
            if monotonic() > until:
                raise
            return ""

    def _knock(self, url: str, until: float) -> tuple[str, bool]:
        """Ask its server for its health; says what is wrong, and whether waiting will not change that."""
        from httpx2 import HTTPError
        from huggingface_hub import get_session

        try:
            reply = get_session().get(f"{url}/health", headers=dict(self.headers), timeout=_until(until))
        except HTTPError as error:
            return f"{url} does not answer ({type(error).__name__})", False
        status = reply.status_code
        if status == HTTPStatus.OK:
            return "", False
        return f"{url}/health answers {status}", status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

    def _not_running(self, what: str, stage: str, hint: str) -> SpaceNotRunningError:
        data = {"repo_id": str(self.repo_id), "stage": stage}
        return SpaceNotRunningError(f"the Space {self.repo_id} {what}", data, hint=hint)


def _until(end: float) -> float:
    """Say how long to wait for one answer, in seconds, where the whole wait has this end."""
    return min(_ASK_S, max(_LEAST_ASK_S, end - monotonic()))


def registry() -> str:
    """The registry that has the images of Spaces: the Hub's, or the one that stands in for it here."""
    return os.environ.get(_REGISTRY_VARIABLE) or _REGISTRY


def _subdomain(repo_id: RepoId, info: SpaceInfo) -> str:
    """Say what host and image of a Space are called; that of a long name only the Hub knows."""
    return info.subdomain or re.sub(r"[^a-z0-9]+", "-", str(repo_id).lower())
