"""OpenEnv: environments for language-model agents as typed, isolated services."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openenv.version import VERSION

if TYPE_CHECKING:
    from openenv.client.client import EnvClient
    from openenv.client.generic import GenericAction, GenericEnvClient
    from openenv.client.pool import Pool, pool
    from openenv.client.sync import SyncEnvClient
    from openenv.discovery.auto import AutoAction, AutoEnv
    from openenv.environment import CompositeTransform, Environment, NullTransform, Transform
    from openenv.errors import EnvironmentFault, InvalidActionError, OpenEnvError
    from openenv.providers.docker import DockerProvider
    from openenv.providers.process import ProcessProvider
    from openenv.types import Action, EnvironmentMetadata, Observation, State, StepResult

__all__ = [
    "Action",
    "AutoAction",
    "AutoEnv",
    "CompositeTransform",
    "DockerProvider",
    "EnvClient",
    "Environment",
    "EnvironmentFault",
    "EnvironmentMetadata",
    "GenericAction",
    "GenericEnvClient",
    "InvalidActionError",
    "NullTransform",
    "Observation",
    "OpenEnvError",
    "Pool",
    "ProcessProvider",
    "State",
    "StepResult",
    "SyncEnvClient",
    "Transform",
    "__version__",
    "pool",
]

__version__ = VERSION

_HOMES = {
    "openenv.client.client": ("EnvClient",),
    "openenv.client.generic": ("GenericAction", "GenericEnvClient"),
    "openenv.client.pool": ("Pool", "pool"),
    "openenv.client.sync": ("SyncEnvClient",),
    "openenv.discovery.auto": ("AutoAction", "AutoEnv"),
    "openenv.environment": ("CompositeTransform", "Environment", "NullTransform", "Transform"),
    "openenv.errors": ("EnvironmentFault", "InvalidActionError", "OpenEnvError"),
    "openenv.providers.docker": ("DockerProvider",),
    "openenv.providers.process": ("ProcessProvider",),
    "openenv.types": ("Action", "EnvironmentMetadata", "Observation", "State", "StepResult"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
