"""An app for servers in processes of their own; ``SERVED_PUPPET`` names what it serves."""

from __future__ import annotations

import os

from openenv.server import create_app
from support import puppets

app = create_app(getattr(puppets, os.environ.get("SERVED_PUPPET", "Puppet")))
