"""A Hub for every test of this folder that asks for one."""

from support.hub import hub, hub_server  # noqa: F401
