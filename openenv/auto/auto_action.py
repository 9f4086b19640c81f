"""Deployed path of discovery."""

from openenv.discovery.auto import AutoAction as AutoAction
