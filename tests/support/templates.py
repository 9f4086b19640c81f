"""The templates of projects as they are rendered: with what they ask for beside a name."""

from __future__ import annotations

from openenv_cli.gymnasium_template import filled
from openenv_cli.scaffold import TEMPLATES

ENV_ID = "CartPole-v1"
FILLED = {**TEMPLATES, "gymnasium": filled(TEMPLATES["gymnasium"], ENV_ID)}
OPTIONS = {"gymnasium": f" --env-id {ENV_ID}"}
"""What ``openenv init --template`` needs beside a template's name."""
