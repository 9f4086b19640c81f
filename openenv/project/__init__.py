"""A project: ``openenv.yaml`` and the files that belong to it."""

from __future__ import annotations
