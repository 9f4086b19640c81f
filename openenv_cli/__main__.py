"""``python -m openenv_cli`` is ``openenv``."""

from __future__ import annotations

import sys

from openenv_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
