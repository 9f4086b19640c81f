"""The import paths of openenv 0.10 lead to where things live now."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import openenv

FOUND = {
    "openenv.core": "EnvClient SyncEnvClient GenericEnvClient GenericAction Environment Transform Message Action "
    "Observation State StepResult ConcurrencyConfig SessionCreationError create_app create_fastapi_app "
    "serialize_observation",
    "openenv.core.client_types": "StepResult ObsT StateT",
    "openenv.core.env_client": "EnvClient StepResult",
    "openenv.core.sync_client": "SyncEnvClient",
    "openenv.core.generic_client": "GenericEnvClient GenericAction",
    "openenv.core.env_server": "Observation Action create_app State Environment Message Transform ConcurrencyConfig",
    "openenv.core.env_server.types": "State Observation Action EnvironmentMetadata CodeExecResult ConcurrencyConfig "
    "ServerMode HealthResponse HealthStatus WSErrorCode WSErrorResponse ServerCapacityStatus SessionInfo Scalar "
    "BaseMessage",
    "openenv.core.env_server.interfaces": "Environment Observation Action Transform Message State ModelTokenizer",
    "openenv.core.env_server.http_server": "create_app create_fastapi_app",
    "openenv.core.env_server.serialization": "serialize_observation deserialize_action",
    "openenv.core.env_server.base_transforms": "CompositeTransform NullTransform",
    "openenv.core.env_server.exceptions": "OpenEnvError ConcurrencyConfigurationError SessionCapacityError "
    "SessionNotFoundError SessionCreationError EnvironmentFactoryError",
    "openenv.core.containers.runtime": "ContainerProvider RuntimeProvider LocalDockerProvider",
    "openenv.core.containers.runtime.providers": "ContainerProvider LocalDockerProvider",
    "openenv.auto": "AutoEnv AutoAction",
    "openenv": "AutoEnv AutoAction GenericEnvClient SyncEnvClient GenericAction",
}
LATER = {
    "openenv.core": "MCPToolClient MCPEnvironment LLMClient CallToolAction TaskProvider JsonRpcRequest",
    "openenv.core.env_server": "MCPEnvironment CallToolAction",
    "openenv.core.env_server.http_server": "HTTPEnvServer",
    "openenv.core.containers.runtime": "DockerSwarmProvider UVProvider",
}
LATER_MODULES = [
    "openenv.core.env_server.mcp_types",
    "openenv.core.env_server.mcp_environment",
    "openenv.core.env_server.web_interface",
    "openenv.core.mcp_client",
    "openenv.core.llm_client",
    "openenv.core.rubrics",
    "openenv.core.rubrics.base",
    "openenv.core.rubrics.trajectory",
    "openenv.core.harness",
    "openenv.core.harness.collect",
    "openenv.core.evals.base",
    "openenv.core.tools.git_server_client",
]


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in FOUND for name in FOUND[module].split()])
def test_a_name_is_where_it_was(module: str, name: str) -> None:
    assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in LATER for name in LATER[module].split()])
def test_a_name_that_comes_later_says_so(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=rf"{module}\.{name} is part of openenv 0\.10 .* does not have yet"):
        getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", LATER_MODULES)
def test_a_module_that_comes_later_says_so(module: str) -> None:
    with pytest.raises(ImportError, match=r"is part of openenv 0\.10 that this version of .* does not have yet"):
        importlib.import_module(module)


@pytest.mark.parametrize("module", ["openenv", "openenv.core", "openenv.core.env_server", "openenv.server"])
def test_a_name_that_never_was_is_a_plain_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = importlib.import_module(module).no_such_name


@pytest.mark.parametrize("name", openenv.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(openenv, name) is not None
    assert name in dir(openenv)


def test_nothing_lives_in_the_deployed_paths() -> None:
    modules = [importlib.import_module(module) for module in FOUND if module.startswith("openenv.core")]
    for module in modules:
        own = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
        assert not own, module


def test_importing_models_loads_no_server() -> None:
    code = (
        "import sys; import openenv.core.env_server.types; from openenv.core.env_server import Action, Environment\n"
        "from openenv.core import EnvClient, Observation\n"
        "print([name for name in ('fastapi', 'uvicorn', 'yaml', 'typer') if name in sys.modules])"
    )
    root = str(Path(openenv.__file__).parents[1])
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_deployed_models_behave() -> None:
    from openenv.core.env_server.serialization import deserialize_action, serialize_observation
    from openenv.core.env_server.types import Action, CodeExecResult, Observation, ServerCapacityStatus

    class Move(Action):
        x: int

    class Seen(Observation):
        y: int = 0

    assert deserialize_action({"x": 1}, Move) == Move(x=1)
    layout: dict[str, Any] = serialize_observation(Seen(y=2, reward=1, metadata={"k": 1}))
    assert layout == {
        "observation": {"metadata": {"k": 1}, "y": 2},
        "reward": 1,
        "done": False,
        "metadata": {"k": 1},
    }
    assert CodeExecResult(stdout="a", stderr="", exit_code=0).exit_code == 0
    status = ServerCapacityStatus.from_counts(3, 4)
    assert (status.available_slots, status.is_at_capacity) == (1, False)
