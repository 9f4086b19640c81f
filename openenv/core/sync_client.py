"""Deployed path of the synchronous face."""

from openenv.client.sync import SyncEnvClient as SyncEnvClient
