"""What the runtime reports while something takes long: a line for each, as a remark."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from openenv_cli import console

_REPORTERS = ("openenv.hub", "openenv.providers")


@contextmanager
def telling() -> Iterator[None]:
    """Print what is fetched, pulled, installed and waited for in the block."""
    handler = _Notes(logging.INFO)
    loggers = [logging.getLogger(name) for name in _REPORTERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            console.warning(record.getMessage())
        else:
            console.note(record.getMessage(), "dim")
