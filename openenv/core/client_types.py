"""Deployed path of a client's result."""

from openenv.types import ObsT as ObsT
from openenv.types import StateT as StateT
from openenv.types import StepResult as StepResult
