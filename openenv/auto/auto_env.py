"""Deployed path of discovery."""

from openenv.discovery.auto import AutoEnv as AutoEnv
