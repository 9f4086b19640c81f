"""Deployed path of a part that does not exist yet."""

from openenv.core._paths import later

raise later(__name__)
