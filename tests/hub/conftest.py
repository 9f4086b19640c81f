"""A Hub for every test of this folder that asks for one, and the command line."""

from support.command import importable_everywhere, openenv  # noqa: F401
from support.hub import hub, hub_server, waits  # noqa: F401
