"""Drives the command line."""

from support.command import importable_everywhere, openenv  # noqa: F401
