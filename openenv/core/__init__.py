"""The import paths of openenv 0.10, one line a name. Nothing lives here."""

from openenv.core import env_server
from openenv.core._paths import lazy

_HOMES = {
    **env_server.HOMES,
    "EnvClient": "openenv.client.client",
    "GenericAction": "openenv.client.generic",
    "GenericEnvClient": "openenv.client.generic",
    "StepResult": "openenv.types",
    "SyncEnvClient": "openenv.client.sync",
}
_MISSING = {
    *env_server.MISSING,
    "AnthropicClient",
    "LLMClient",
    "LLMResponse",
    "MCPClientBase",
    "MCPToolClient",
    "OpenAIClient",
    "ToolCall",
    "create_llm_client",
}

__getattr__ = lazy(__name__, _HOMES, _MISSING)
