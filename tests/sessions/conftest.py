"""What holds for every test of sessions."""

from support.fixtures import every_puppet_is_closed_once

__all__ = ["every_puppet_is_closed_once"]
