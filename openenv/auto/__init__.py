"""Deployed path of discovery."""

from openenv.discovery.auto import AutoAction as AutoAction
from openenv.discovery.auto import AutoEnv as AutoEnv
