"""Deployed path of the client."""

from openenv.client.client import EnvClient as EnvClient
from openenv.types import StepResult as StepResult
