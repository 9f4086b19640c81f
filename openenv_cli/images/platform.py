"""What an image is built for: an operating system and a kind of processor. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openenv_cli.errors import UsageError

_WRITTEN = re.compile(r"([a-z0-9]+)/([a-z0-9_]+)(?:/([a-z0-9]+))?")
_OTHER_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Platform:
    """A platform.

    Attributes:
        os: The operating system.
        architecture: The kind of processor, as images name it.
        variant: Which of that kind, as ``v7``; empty for any.
    """

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read what somebody wants to build for.

        Raises:
            UsageError: It is no platform.
        """
        found = _WRITTEN.fullmatch(text.lower())
        if found is None:
            raise UsageError(f"'{text}' is no platform", hint="--platform linux/arm64, or linux/amd64")
        os, architecture, variant = found.groups()
        return cls(os, _OTHER_NAMES.get(architecture, architecture), variant or "")

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))

    def is_that_of(self, os: str, architecture: str) -> bool:
        """Whether an image or engine that says this of itself is of this platform."""
        return (self.os, self.architecture) == (os, architecture)
