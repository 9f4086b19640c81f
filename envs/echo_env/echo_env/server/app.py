"""The server: ``openenv serve``, or ``python -m echo_env.server.app``."""

from openenv.server import create_app, run

from echo_env.server.environment import EchoEnvironment

app = create_app(EchoEnvironment)

if __name__ == "__main__":
    run(app)
