"""The client: plays the environment wherever it runs."""

from openenv import EnvClient

from openspiel_env.models import OpenSpielAction, OpenSpielObservation, OpenSpielState


class OpenSpielEnv(EnvClient[OpenSpielAction, OpenSpielObservation, OpenSpielState]):
    """Speaks with ``OpenSpielEnvironment``."""
