"""Deployed path of the client without models."""

from openenv.client.generic import GenericAction as GenericAction
from openenv.client.generic import GenericEnvClient as GenericEnvClient
