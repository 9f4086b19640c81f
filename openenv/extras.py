"""Packages that a plain install does not bring: each belongs to an extra of this distribution."""

from __future__ import annotations

from openenv.errors import ConfigurationError
from openenv.version import DISTRIBUTION


class MissingExtraError(ConfigurationError, ImportError):
    """A package is needed that only an extra of this distribution brings.

    Args:
        package: The package that cannot be imported.
        extra: The extra that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package {package}, which is not installed",
            {"package": package, "extra": extra},
            hint=f'pip install "{DISTRIBUTION}[{extra}]"',
        )
