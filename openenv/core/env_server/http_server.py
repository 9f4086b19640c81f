"""Deployed path of the app."""

from openenv.core._paths import lazy
from openenv.server.deployed import create_app as create_app
from openenv.server.deployed import create_fastapi_app as create_fastapi_app

__getattr__ = lazy(__name__, {}, {"HTTPEnvServer"})
