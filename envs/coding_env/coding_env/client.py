"""The client: plays the environment wherever it runs."""

from openenv import EnvClient

from coding_env.models import CodeAction, CodeObservation, CodeState


class CodingEnv(EnvClient[CodeAction, CodeObservation, CodeState]):
    """Speaks with ``CodingEnvironment``."""
