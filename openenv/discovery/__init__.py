"""Finds environments by name."""

from openenv.discovery.auto import AutoAction, AutoEnv

__all__ = ["AutoAction", "AutoEnv"]
