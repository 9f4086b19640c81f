"""Where a server runs: something that starts one, says its address, and stops it."""

from openenv.providers.base import Provider
from openenv.providers.process import ProcessProvider

__all__ = ["ProcessProvider", "Provider"]
