"""The app of a project, with an eye on how its environments are closed.

Served in place of the app that the variable ``OPENENV_VALIDATED_APP`` names; what is seen goes to the log.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
from contextlib import suppress
from typing import Any

from uvicorn.importer import import_from_string

VARIABLE = "OPENENV_VALIDATED_APP"
_MARK = "_openenv_closed"
AGAIN = "closed by somebody else before"

logger = logging.getLogger("openenv.validation")


def watch(kind: type[Any]) -> None:
    """Note when an environment is closed that was closed already, by others than its own class.

    Args:
        kind: The environment's class; its ``close`` is replaced.
    """
    close, own = kind.close, inspect.getsourcefile(kind)

    @functools.wraps(close)
    def closing(environment: Any, *args: Any, **options: Any) -> Any:
        if sys._getframe(1).f_code.co_filename != own:
            if getattr(environment, _MARK, False):
                logger.error("%s was %s", kind.__name__, AGAIN, stack_info=True)
            with suppress(AttributeError):  # of a class with __slots__ nothing is noted
                setattr(environment, _MARK, True)
        return close(environment, *args, **options)

    kind.close = closing


def _watched() -> Any:
    app = import_from_string(os.environ[VARIABLE])
    service = getattr(getattr(app, "state", None), "openenv_service", None)
    kind = None if service is None else service.blueprint.environment_type
    if kind is not None and inspect.isfunction(getattr(kind, "close", None)):
        watch(kind)
    return app


if VARIABLE in os.environ:
    app = _watched()
