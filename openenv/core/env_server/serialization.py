"""Deployed path of v1's layout."""

from openenv.deployed import deserialize_action as deserialize_action
from openenv.deployed import serialize_observation as serialize_observation
