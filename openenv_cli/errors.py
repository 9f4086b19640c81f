"""What a command reports instead of a traceback.

::

    OpenEnvError
    └── CommandError        1   the operation failed
        ├── UsageError      2   the command was called wrongly
        └── MissingError    3   something outside is missing: an engine, a token, a network, a free port
"""

from __future__ import annotations

from typing import ClassVar

from openenv.errors import OpenEnvError


class CommandError(OpenEnvError):
    """The operation failed; ``exit_code`` is what the process ends with."""

    exit_code: ClassVar[int] = 1


class UsageError(CommandError):
    """The command was called wrongly."""

    exit_code = 2


class MissingError(CommandError):
    """Something outside this package is missing."""

    exit_code = 3
