"""Who plays: from an observation to an action."""

from openenv.policies.base import Policy, PolicyError, PolicyFactory
from openenv.policies.loading import load_policy
from openenv.policies.random import RandomPolicy
from openenv.policies.scripted import ScriptedPolicy

__all__ = ["Policy", "PolicyError", "PolicyFactory", "RandomPolicy", "ScriptedPolicy", "load_policy"]
