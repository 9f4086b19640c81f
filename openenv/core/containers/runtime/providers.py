"""Deployed path of what runs servers."""

from openenv.core._paths import lazy
from openenv.deployed import ContainerProvider as ContainerProvider
from openenv.deployed import LocalDockerProvider as LocalDockerProvider

__getattr__ = lazy(__name__, {}, {"DockerSwarmProvider", "KubernetesProvider"})
