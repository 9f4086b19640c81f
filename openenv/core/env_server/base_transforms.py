"""Deployed path of the transforms."""

from openenv.environment import CompositeTransform as CompositeTransform
from openenv.environment import NullTransform as NullTransform
