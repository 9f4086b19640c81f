"""What a Dockerfile says, as far as building it from here depends on it. Pure: text in, facts out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openenv_cli.errors import CommandError

BASE_IMAGE = "BASE_IMAGE"
"""The build argument that names the image to build on, here and in Dockerfiles of openenv 0.10."""

WHEELS = "wheels"
"""The folder of a project that its Dockerfile takes wheels from."""

_MOUNT = re.compile(r"\s--mount=(\S+)")
_COPIES_WHEELS = re.compile(rf"(?:COPY|ADD)\s.*\b{WHEELS}/", re.IGNORECASE)


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
        return any(re.match(rf"ARG\s+{BASE_IMAGE}\b", one, re.IGNORECASE) for one in self.instructions())

    @property
    def takes_wheels(self) -> bool:
        """Whether it installs wheels out of the project's folder of wheels."""
        return any(map(_COPIES_WHEELS.match, self.instructions()))

    def instructions(self) -> Iterator[str]:
        """Yield its instructions, each as one line."""
        pending = ""
        for line in self.text.splitlines():
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            pending += line.strip()
            if pending.endswith("\\"):
                pending = pending[:-1]
                continue
            yield pending
            pending = ""
        if pending:
            yield pending

    def without_caches(self) -> str:
        """Leave out cache mounts: they make a repeated build faster, and only BuildKit knows them.

        Returns:
            Its text for the engine's own builder.

        Raises:
            DockerfileError: It mounts something that the result depends on.
        """
        return "".join(self._without_caches(number, line) for number, line in self._lines())

    def _lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(keepends=True), start=1)

    def _without_caches(self, number: int, line: str) -> str:
        if line.lstrip().startswith("#"):
            return line
        for options in _MOUNT.findall(line):
            if "type=cache" not in options.split(","):
                hint = f"docker build -f {self.path} . builds it with BuildKit"
                raise DockerfileError(f"{self.path}:{number}: --mount={options} needs BuildKit", hint=hint)
        return _MOUNT.sub("", line)
