"""The server: ``openenv serve``, or ``python -m openspiel_env.server.app``."""

from openenv.server import ServerSettings, create_app, run

from openspiel_env.server.environment import OpenSpielEnvironment

# OpenSpiel ends the process, or never returns, on some parameters that a client may choose. A process for each
# session contains that, and costs little: a move is a small part of a step.
SETTINGS = ServerSettings(isolation="process", memory_limit_mb=1024, reset_timeout_s=60, step_timeout_s=60)

app = create_app(OpenSpielEnvironment, settings=SETTINGS)

if __name__ == "__main__":
    run(app)
