"""The server: ``openenv serve``, or ``python -m python_env.server.app``."""

from openenv.server import create_app, run

from python_env.server.environment import PythonEnvironment

app = create_app(PythonEnvironment)

if __name__ == "__main__":
    run(app)
