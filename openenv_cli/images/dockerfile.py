"""What a Dockerfile says, as far as building it from here depends on it. Pure: text in, facts out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openenv.project.dockerfile import Instruction, read_instructions
from openenv_cli.errors import CommandError, UsageError

BASE_IMAGE = "BASE_IMAGE"
"""The build argument that names the image to build on, here and in Dockerfiles of openenv 0.10."""

WHEELS = "wheels"
"""The folder of a project that its Dockerfile takes wheels from."""

_BASE_IMAGE_ARGUMENT = re.compile(
    rf"^([ \t]*ARG[ \t](?:.*[ \t])?{BASE_IMAGE})(?!\w)(?:=\S*)?", re.IGNORECASE | re.MULTILINE
)
_BUILDKITS_FLAGS = {
    "RUN": {"network", "security"},
    "COPY": {"chmod", "link", "parents", "exclude"},
    "ADD": {"chmod", "link", "checksum", "keep-git-dir", "exclude"},
}
_HERE_DOCUMENT = re.compile(r"(?:^|\s)<<-?[\"']?\w")
_SPACE = r"(?:[ \t]|\\\r?\n)+"
_FLAGS_OF_RUN = re.compile(rf"^[ \t]*RUN(?:{_SPACE}--\w+=\S+)+", re.IGNORECASE | re.MULTILINE)
_MOUNT = re.compile(rf"{_SPACE}--mount=(\S+)")
_WHEELS = re.compile(rf"(?:.*/)?{WHEELS}/.*")


class DockerfileError(CommandError):
    """A Dockerfile asks for what the engine's own builder does not have."""


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile.

    Attributes:
        path: Where it is below the project's folder, with ``/``.
        text: Its content.
    """

    path: str
    text: str

    @property
    def takes_base_image(self) -> bool:
        """Whether the build argument ``BASE_IMAGE`` chooses what it builds on."""
        declared = (name for one in self._instructions("ARG") for name, _ in one.pairs())
        return BASE_IMAGE in declared

    def require_base_image_argument(self) -> None:
        """Check that the build argument ``BASE_IMAGE`` chooses what it builds on.

        Raises:
            UsageError: It does not.
        """
        if not self.takes_base_image:
            hint = f"write in it: ARG {BASE_IMAGE}=… and FROM ${{{BASE_IMAGE}}}"
            raise UsageError(f"{self.path} chooses its base image itself", hint=hint)

    def with_base_image(self, image: str) -> str:
        """Have it build on another image, for builders that are given no arguments.

        Args:
            image: The image.

        Returns:
            Its text, in which that is the default of the build argument; all stages stay what they are.

        Raises:
            UsageError: It has no such argument.
        """
        self.require_base_image_argument()
        return _BASE_IMAGE_ARGUMENT.sub(lambda found: f"{found[1]}={image}", self.text, count=1)

    @property
    def takes_wheels(self) -> bool:
        """Whether it installs wheels out of the project's folder of wheels."""
        return any(any(map(_WHEELS.match, one.arguments)) for one in self._instructions("COPY", "ADD"))

    def for_the_engine(self) -> str:
        """Leave out cache mounts: they make a repeated build faster, and only BuildKit knows them.

        Returns:
            Its text for the engine's own builder.

        Raises:
            DockerfileError: It asks for something else that only BuildKit knows.
        """
        for one in self._instructions(*_BUILDKITS_FLAGS):
            for flag in sorted(one.flags.keys() & _BUILDKITS_FLAGS[one.word]):
                raise self._needs_buildkit(one.line, f"{one.word} --{flag}")
            if _HERE_DOCUMENT.search(one.rest):
                raise self._needs_buildkit(one.line, f"{one.word} with a here-document")
        return _FLAGS_OF_RUN.sub(self._without_caches, self.text)

    def _instructions(self, *words: str) -> Iterator[Instruction]:
        return (one for one in read_instructions(self.text) if one.word in words)

    def _without_caches(self, run: re.Match[str]) -> str:
        for mount in _MOUNT.finditer(self.text, *run.span()):
            if "type=cache" not in mount[1].split(","):
                raise self._needs_buildkit(self.text.count("\n", 0, mount.start(1)) + 1, f"--mount={mount[1]}")
        return _MOUNT.sub("", run[0])

    def _needs_buildkit(self, line: int, what: str) -> DockerfileError:
        hint = f"openenv build has the engine's own builder; docker buildx build -f {self.path} . has BuildKit"
        if self.takes_wheels:
            hint += f", once the runtime's wheel stands in {WHEELS}/"
        return DockerfileError(f"{self.path}:{line}: {what} needs BuildKit", hint=hint)
