"""Gymnasium, both ways: its environments as OpenEnv servers, and OpenEnv servers as its environments."""

from openenv.extras import MissingExtraError

try:
    from openenv.gymnasium.environment import GymnasiumEnvironment, GymnasiumState
    from openenv.gymnasium.remote import RemoteEnv, make
    from openenv.gymnasium.vector import RemoteVectorEnv, make_vec
except ModuleNotFoundError as error:
    if error.name not in ("gymnasium", "numpy"):
        raise
    raise MissingExtraError(error.name, "gymnasium") from error

__all__ = ["GymnasiumEnvironment", "GymnasiumState", "RemoteEnv", "RemoteVectorEnv", "make", "make_vec"]
