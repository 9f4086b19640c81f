"""What holds for every test of faults."""

from support.fixtures import every_puppet_is_closed_once

__all__ = ["every_puppet_is_closed_once"]
