"""Deployed path of what an author subclasses."""

from openenv.deployed import Message as Message
from openenv.deployed import ModelTokenizer as ModelTokenizer
from openenv.environment import Environment as Environment
from openenv.environment import Transform as Transform
from openenv.types import Action as Action
from openenv.types import ActT as ActT
from openenv.types import EnvironmentMetadata as EnvironmentMetadata
from openenv.types import Observation as Observation
from openenv.types import ObsT as ObsT
from openenv.types import State as State
from openenv.types import StateT as StateT
