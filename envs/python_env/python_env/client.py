"""The client: plays the environment wherever it runs."""

from openenv import EnvClient

from python_env.models import PythonAction, PythonObservation, PythonState


class PythonEnv(EnvClient[PythonAction, PythonObservation, PythonState]):
    """Speaks with ``PythonEnvironment``."""
