"""The name under which this package is published, and its version."""

from __future__ import annotations

DISTRIBUTION = "openenv-kit"
VERSION = "0.1.0"

STRANGERS = ("openenv", "openenv-core")
"""Distributions of others that install a package of the same name as ours: in one place they overwrite each other."""
