"""The server: ``openenv serve``, or ``python -m coding_env.server.app``."""

from openenv.server import create_app, run

from coding_env.server.environment import CodingEnvironment

app = create_app(CodingEnvironment)

if __name__ == "__main__":
    run(app)
