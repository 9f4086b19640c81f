"""Deployed path of the models."""

from openenv.deployed import BaseMessage as BaseMessage
from openenv.deployed import CodeExecResult as CodeExecResult
from openenv.deployed import ConcurrencyConfig as ConcurrencyConfig
from openenv.deployed import HealthResponse as HealthResponse
from openenv.deployed import HealthStatus as HealthStatus
from openenv.deployed import Scalar as Scalar
from openenv.deployed import ServerCapacityStatus as ServerCapacityStatus
from openenv.deployed import ServerMode as ServerMode
from openenv.deployed import SessionInfo as SessionInfo
from openenv.deployed import WSErrorCode as WSErrorCode
from openenv.deployed import WSErrorResponse as WSErrorResponse
from openenv.types import Action as Action
from openenv.types import EnvironmentMetadata as EnvironmentMetadata
from openenv.types import Observation as Observation
from openenv.types import State as State
