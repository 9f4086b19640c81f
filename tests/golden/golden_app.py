"""The app of the environment that ``GOLDEN_ENVIRONMENT`` names."""

from __future__ import annotations

import os

from golden_environments import make_app

app = make_app(os.environ["GOLDEN_ENVIRONMENT"])
