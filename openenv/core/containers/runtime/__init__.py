"""Deployed path of what runs servers."""

from openenv.core._paths import lazy
from openenv.deployed import ContainerProvider as ContainerProvider
from openenv.deployed import LocalDockerProvider as LocalDockerProvider
from openenv.deployed import RuntimeProvider as RuntimeProvider

_MISSING = {"DockerSwarmProvider", "KubernetesProvider", "UVProvider"}

__getattr__ = lazy(__name__, {}, _MISSING)
