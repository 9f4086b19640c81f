"""The client: plays the environment wherever it runs."""

from openenv import EnvClient, State

from echo_env.models import EchoAction, EchoObservation


class EchoEnv(EnvClient[EchoAction, EchoObservation, State]):
    """Speaks with ``EchoEnvironment``."""
