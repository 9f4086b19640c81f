"""Deployed path of what runs servers."""

from openenv.core._paths import lazy
from openenv.deployed import ContainerProvider as ContainerProvider

__getattr__ = lazy(__name__, {}, {"DockerSwarmProvider", "KubernetesProvider", "LocalDockerProvider"})
