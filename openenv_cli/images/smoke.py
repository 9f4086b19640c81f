"""A trial of an image: started as a trainer starts it, under restrictions, and validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openenv.errors import ConnectError
from openenv.validation.reports.report import Report, Status, Verdict
from openenv.validation.run import validate
from openenv.validation.serving.web import Web
from openenv_cli.errors import CommandError

if TYPE_CHECKING:
    from docker import DockerClient

_TIMEOUT_S = 30.0
_NOT_EMULATED = "exec format error"


class SmokeError(CommandError):
    """The image runs, and does not do what an environment has to.

    Args:
        image: The id of the image.
        report: What was found.
    """

    def __init__(self, image: str, report: Report) -> None:
        found = report.errors()
        super().__init__(
            f"the image was built, and fails its trial: {len(found)} errors",
            {"image": image, "findings": found},
            hint="openenv validate checks the project itself; --no-smoke leaves the trial out",
        )
        self.findings = found


@dataclass(frozen=True)
class Trial:
    """A trial that went well.

    Attributes:
        schemas: The JSON Schemas of its actions, observations and states.
        passed: How many checks it has passed.
    """

    schemas: Mapping[str, Any]
    passed: int


def try_out(client: DockerClient, image: str) -> Trial | None:
    """Start an image, validate it, and stop it.

    Args:
        client: The engine.
        image: The id of the image.

    Returns:
        What it says about itself; ``None`` where it is for a kind of processor that the engine does not emulate.

    Raises:
        ConnectError: It does not start; the message has the end of its log.
        SmokeError: It does not do what an environment has to.
    """
    from openenv.providers.docker import DockerProvider

    provider = DockerProvider(image)
    try:
        url = provider.start()
    except ConnectError as error:
        if _NOT_EMULATED in error.message and not _is_native(client, image):
            return None
        raise
    try:
        report = validate(url)
        if report.verdict is not Verdict.PASSED:
            raise SmokeError(image, report)
        return Trial(Web(url, _TIMEOUT_S).get("/schema").object(), report.count(Status.PASSED))
    finally:
        provider.stop()


def _is_native(client: DockerClient, image: str) -> bool:
    """Whether an image is for the engine's own kind of processor."""
    return bool(client.images.get(image).attrs["Architecture"] == client.version()["Arch"])
