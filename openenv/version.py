"""The name under which this package is published, and its version."""

from __future__ import annotations

DISTRIBUTION = "openenv-kit"
VERSION = "0.1.0"
